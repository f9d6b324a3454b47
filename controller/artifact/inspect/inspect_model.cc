#include "controller/artifact/inspect/inspect_model.h"

#include <algorithm>

#include "controller/artifact/inspect/count_zeros.h"

namespace flotilla::controller {
namespace {

/// Whole elements of every type.
constexpr size_t kSlice = size_t{4} << 20;

bool is_float(DType dtype) {
  return dtype == DType::kFloat16 || dtype == DType::kBfloat16 || dtype == DType::kFloat32 ||
         dtype == DType::kFloat64;
}

bool is_small_integer(DType dtype) {
  return dtype == DType::kInt4 || dtype == DType::kInt8 || dtype == DType::kUint8 ||
         dtype == DType::kInt16 || dtype == DType::kUint16;
}

bool is_learned(const TensorSpan& tensor) {
  if (tensor.role != TensorRole::kValues) return false;
  return is_float(tensor.dtype) || is_small_integer(tensor.dtype) ||
         tensor.dtype == DType::kBlock || !tensor.quantisation.scales.empty();
}

QuantScheme scheme_of(const TensorSpan& tensor) {
  if (tensor.dtype == DType::kBlock) return QuantScheme::kBlock;
  if (is_float(tensor.dtype)) return QuantScheme::kNone;
  const size_t scales = tensor.quantisation.scales.size();
  if (scales == 0)
    return is_small_integer(tensor.dtype) ? QuantScheme::kUnstated : QuantScheme::kNone;
  return scales == 1 ? QuantScheme::kPerTensor : QuantScheme::kPerChannel;
}

/// No zero points, or all of them in the middle of the type's range.
bool is_symmetric(const TensorSpan& tensor) {
  const int64_t middle = tensor.dtype == DType::kUint8    ? 128
                         : tensor.dtype == DType::kUint16 ? 32768
                                                          : 0;
  const std::vector<int64_t>& points = tensor.quantisation.zero_points;
  if (points.empty()) return middle == 0 && tensor.quantisation.minimum == 0;
  return std::all_of(points.begin(), points.end(), [&](int64_t p) { return p == middle; });
}

class Inspection {
 public:
  Inspection(Bytes file, ModelFile model, const InspectWatch& watch)
      : file_(file), model_(std::move(model)), watch_(watch) {}

  Result<ModelFacts> run() {
    out_.format = model_.format;
    out_.size = file_.size();
    out_.tensor_count = model_.tensors.size();
    for (const TensorSpan& tensor : model_.tensors) {
      if (watch_.cancel) return Status(Code::kAborted, "the inspection was cancelled");
      look_at(tensor);
    }
    tell_progress(file_.size());
    choose_weights();
    list_largest();
    bound_graph();
    out_.graph = std::move(model_.graph);
    add_notes();
    return std::move(out_);
  }

 private:
  void look_at(const TensorSpan& tensor) {
    TensorFacts facts;
    facts.name = tensor.name;
    facts.dtype =
        tensor.dtype == DType::kBlock ? std::string(tensor.block.name) : dtype_name(tensor.dtype);
    facts.role = tensor.role;
    facts.shape = tensor.shape;
    facts.bytes = tensor.size;
    facts.elements = elements_of(tensor.shape).value_or(0);
    facts.scheme = scheme_of(tensor);
    facts.is_symmetric = is_symmetric(tensor);
    facts.is_weight =
        is_learned(tensor) &&
        (is_float(tensor.dtype) || tensor.dtype == DType::kBlock || is_small_integer(tensor.dtype));
    if (facts.is_weight) facts.zeros = count_zeros(tensor);
    if (is_learned(tensor)) out_.parameters += facts.elements;
    DTypeTotal& total = out_.dtypes[facts.dtype];
    ++total.tensors;
    total.elements += facts.elements;
    total.bytes += facts.bytes;
    out_.tensors.push_back(std::move(facts));
  }

  std::optional<uint64_t> count_zeros(const TensorSpan& tensor) {
    ZeroCount count(tensor);
    if (!count.can_count()) return std::nullopt;
    Bytes rest = file_.subspan(tensor.offset, tensor.size);
    while (!rest.empty()) {
      const Bytes slice = rest.first(std::min(rest.size(), kSlice));
      count.add(slice);
      rest = rest.subspan(slice.size());
      tell_progress(tensor.offset + tensor.size - rest.size());
    }
    // What a sparse tensor does not store is zero; its last block may be padded.
    const uint64_t stored = tensor.size * 8 / bits_of(tensor.dtype);
    const uint64_t elements = elements_of(tensor.shape).value_or(0);
    return std::min(elements, count.zeros() + (elements > stored ? elements - stored : 0));
  }

  void tell_progress(uint64_t done) {
    if (done < told_ + kSlice && done != file_.size()) return;
    told_ = done;
    if (watch_.progress) watch_.progress(done, file_.size());
  }

  void choose_weights() {
    const auto is_matrix = [](const TensorFacts& t) { return t.is_weight && t.shape.size() >= 2; };
    const bool has_matrices = std::any_of(out_.tensors.begin(), out_.tensors.end(), is_matrix);
    WeightFacts& weights = out_.weights;
    std::map<QuantScheme, uint64_t> elements;
    for (TensorFacts& tensor : out_.tensors) {
      if (has_matrices) tensor.is_weight = is_matrix(tensor);
      if (!tensor.is_weight) continue;
      ++weights.tensors;
      weights.elements += tensor.elements;
      if (tensor.zeros) weights.counted += tensor.elements;
      weights.zeros += tensor.zeros.value_or(0);
      DTypeTotal& total = weights.dtypes[tensor.dtype];
      ++total.tensors;
      total.elements += tensor.elements;
      total.bytes += tensor.bytes;
      ++weights.schemes[tensor.scheme];
      elements[tensor.scheme] += tensor.elements;
      const bool is_scaled =
          tensor.scheme == QuantScheme::kPerTensor || tensor.scheme == QuantScheme::kPerChannel;
      if (is_scaled && !tensor.is_symmetric) weights.is_symmetric = false;
    }
    uint64_t most = 0;
    for (const auto& [name, total] : weights.dtypes) {
      if (total.elements < most || total.elements == 0) continue;
      most = total.elements;
      weights.dtype = name;
    }
    most = 0;
    for (const auto& [scheme, count] : elements) {
      if (count < most) continue;
      most = count;
      weights.scheme = scheme;
    }
  }

  static void cut(std::string& name) {
    if (name.size() > kMaxListedName) name = name.substr(0, kMaxListedName) + "...";
  }

  void bound_graph() {
    if (!model_.graph) return;
    Graph& graph = *model_.graph;
    for (std::vector<GraphValue>* values : {&graph.inputs, &graph.outputs}) {
      if (values->size() > kMaxListedValues) values->resize(kMaxListedValues);
      for (GraphValue& value : *values) cut(value.name);
    }
    while (graph.operators.size() > kMaxListedOperators) {
      const auto rarest = std::min_element(graph.operators.begin(), graph.operators.end(),
                                           [](const auto& a, const auto& b) {
                                             if ((a.first == "other") != (b.first == "other"))
                                               return b.first == "other";
                                             return a.second < b.second;
                                           });
      const uint64_t count = rarest->second;
      graph.operators.erase(rarest);
      graph.operators["other"] += count;
    }
  }

  void list_largest() {
    std::vector<TensorFacts>& tensors = out_.tensors;
    if (tensors.size() > kMaxListedTensors) {
      std::vector<uint64_t> sizes;
      for (const TensorFacts& tensor : tensors) sizes.push_back(tensor.bytes);
      std::nth_element(sizes.begin(), sizes.begin() + kMaxListedTensors - 1, sizes.end(),
                       std::greater<>());
      const uint64_t least = sizes[kMaxListedTensors - 1];
      std::erase_if(tensors, [&](const TensorFacts& t) { return t.bytes < least; });
      tensors.resize(std::min(tensors.size(), kMaxListedTensors));
    }
    for (TensorFacts& tensor : tensors) cut(tensor.name);
  }

  void add_notes() {
    const auto note = [&](std::string text) { out_.notes.push_back(std::move(text)); };
    if (model_.tensors_elsewhere != 0) {
      note(std::to_string(model_.tensors_elsewhere) +
           " tensors keep their data in other files, which devices will not get: save the model "
           "with its weights inside");
    }
    if (!out_.graph && out_.format == ModelFormat::kTfjs) {
      note("operators, inputs and outputs of tfjs files are not read");
    } else if (!out_.graph) {
      note(std::string(format_name(out_.format)) +
           " keeps no operators, inputs and outputs in the file");
    }
    if (out_.tensor_count > out_.tensors.size()) {
      note("only the " + std::to_string(out_.tensors.size()) + " largest of " +
           std::to_string(out_.tensor_count) + " tensors are listed; totals count all");
    }
  }

  Bytes file_;
  ModelFile model_;
  const InspectWatch& watch_;
  ModelFacts out_;
  uint64_t told_ = 0;
};

bool refuse(FileKind kind, InspectFault& fault) {
  switch (kind) {
    case FileKind::kOpaque:
    case FileKind::kText:
      return false;
    case FileKind::kPage:
      fault = {"the file is an HTML page, not a model",
               "download the file itself: a page is what a browser, a login or an error sees"};
      return true;
    case FileKind::kPointer:
      fault = {"the file is a Git LFS pointer: it names a model that was not fetched",
               "run 'git lfs pull' and push the file again"};
      return true;
    case FileKind::kDelta:
      fault = {"the file is a Flotilla delta: the difference between two files, not a model",
               "push the whole new file; rollouts make their own deltas"};
      return true;
    case FileKind::kPayload:
      fault = {"the file is a Flotilla payload file, not a model", "push the model file"};
      return true;
  }
  return false;
}

/// Accepted as bytes, and said to be so.
ModelFacts opaque(Bytes file, FileKind kind, std::string note) {
  ModelFacts facts;
  facts.kind = kind;
  facts.size = file.size();
  facts.notes.push_back(std::move(note));
  return facts;
}

Result<ModelFacts> inspect(Bytes file, Result<ModelFile> read, const std::string& explanation,
                           const InspectWatch& watch, InspectFault* fault) {
  InspectFault found;
  if (!read.ok() && read.status().code() == Code::kUnimplemented) {
    return opaque(file, FileKind::kOpaque, "taken as bytes: " + explanation);
  }
  if (!read.ok()) {
    if (fault != nullptr) {
      *fault = {explanation, "push the file as its converter wrote it, whole"};
    }
    return read.status();
  }
  if (read.value().format != ModelFormat::kUnknown) {
    return Inspection(file, std::move(read.value()), watch).run();
  }
  const FileKind kind = kind_of(file);
  if (refuse(kind, found)) {
    if (fault != nullptr) *fault = found;
    return Status(Code::kInvalidArgument, "the file is no model");
  }
  if (kind == FileKind::kText) {
    return opaque(file, kind, "the file is text of no known model format: is it the model?");
  }
  return opaque(file, kind,
                "of no known format: taken as bytes, nothing that is said of it can be checked");
}

}  // namespace

const char* scheme_name(QuantScheme scheme) {
  switch (scheme) {
    case QuantScheme::kNone:
      return "none";
    case QuantScheme::kPerTensor:
      return "per tensor";
    case QuantScheme::kPerChannel:
      return "per channel";
    case QuantScheme::kBlock:
      return "block";
    case QuantScheme::kUnstated:
      return "unstated";
  }
  return "unstated";
}

Result<ModelFacts> inspect_model(Bytes file, const InspectWatch& watch, InspectFault* fault) {
  std::string explanation;
  Result<ModelFile> read = read_model(file, &explanation);
  return inspect(file, std::move(read), explanation, watch, fault);
}

Result<ModelFacts> inspect_tfjs(Bytes weights, std::string_view manifest, const InspectWatch& watch,
                                InspectFault* fault) {
  std::string explanation;
  Result<ModelFile> read = read_tfjs(weights, manifest, &explanation);
  return inspect(weights, std::move(read), explanation, watch, fault);
}

}  // namespace flotilla::controller
