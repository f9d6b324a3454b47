#include "controller/api/declared_facts.h"

#include <cmath>

#include "controller/api/body_reader.h"
#include "controller/api/facts_view.h"
#include "schemas/base/ids.h"

namespace flotilla::controller::api {

namespace {

/// Counts differ by what tools count as a parameter; sparsity by where they round.
constexpr double kParameterTolerance = 0.01;
constexpr double kSparsityTolerance = 0.02;

const Json& member(const Json& object, const char* name) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

std::string number_text(double value) {
  return Json(std::round(value * 1e4) / 1e4).dump();
}

std::string shape_text(const Json& shape) {
  std::string out = "[";
  for (const Json& length : shape) {
    out += (out.size() == 1 ? "" : ",") + (length.is_number() ? length.dump() : std::string("?"));
  }
  return out + "]";
}

/// Compares one block of the document with the facts; the first contradiction is kept.
class Comparison {
 public:
  Comparison(std::string path, const Variant& variant, const ModelFacts& facts)
      : path_(std::move(path)), variant_(variant), facts_(facts) {}

  void file(const Json& block) {
    const Json& format = member(block, "format");
    const std::string found = variant_.facts.format;
    if (format.is_string() && format != found) {
      contradict("format", "declared " + format.get<std::string>() + ", the file is " + found);
    }
    const Json& files = member(block, "files");
    if (files.is_array() && files.size() == 1) image(files[0]);
  }

  void weights(const Json& block) {
    const WeightFacts& found = facts_.weights;
    if (found.tensors == 0) return;
    dtype(member(block, "dtype"));
    const Json& parameters = member(block, "parameters");
    if (parameters.is_number()) {
      const auto said = parameters.get<double>();
      const auto counted = static_cast<double>(facts_.parameters);
      if (std::fabs(said - counted) > kParameterTolerance * counted) {
        contradict("weights.parameters", "declared " + parameters.dump() +
                                             " parameters, the file has " +
                                             std::to_string(facts_.parameters));
      }
    }
    const Json& sparsity = member(block, "sparsity");
    if (sparsity.is_number() && found.counted != 0) {
      const double measured = static_cast<double>(found.zeros) / static_cast<double>(found.counted);
      if (std::fabs(sparsity.get<double>() - measured) > kSparsityTolerance) {
        contradict("weights.sparsity", "declared sparsity " + number_text(sparsity.get<double>()) +
                                           ", measured " + number_text(measured) + ": " +
                                           std::to_string(found.zeros) + " of " +
                                           std::to_string(found.counted) + " weights are zero");
      }
    }
    scheme(member(block, "quantisation"));
    const Json& symmetric = member(block, "symmetric");
    const bool is_scaled =
        found.scheme == QuantScheme::kPerTensor || found.scheme == QuantScheme::kPerChannel;
    if (symmetric.is_boolean() && is_scaled && symmetric.get<bool>() != found.is_symmetric) {
      contradict("weights.symmetric",
                 std::string("declared ") + (symmetric.get<bool>() ? "symmetric" : "asymmetric") +
                     ", the zero points of the file are " +
                     (found.is_symmetric ? "all in the middle" : "not all in the middle"));
    }
  }

  void values(const Json& declared, const char* what, const std::vector<GraphValue>& found) {
    if (!declared.is_array()) return;
    if (declared.size() != found.size()) {
      return contradict(what, "declared " + std::to_string(declared.size()) + " " + what +
                                  ", the file has " + std::to_string(found.size()));
    }
    for (size_t i = 0; i < found.size(); ++i) {
      value(declared[i], std::string(what) + "[" + std::to_string(i) + "]", found[i]);
    }
  }

  std::optional<Refusal> result() { return std::move(fault_); }

 private:
  void contradict(const std::string& field, const std::string& both) {
    if (fault_) return;
    fault_ = Refusal{Code::kInvalidArgument,
                     path_ + field + ": " + both + " (class " + variant_.hardware_class + ")",
                     "correct the document, or push the file that it describes; see 'flotilla "
                     "model inspect FILE'"};
  }

  void image(const Json& file) {
    const Json& digest = member(file, "digest");
    const std::string found(to_hex(variant_.image_digest).view());
    if (digest.is_string() && digest != found && digest != "sha256:" + found) {
      contradict("files[0].digest", "declared " + quote(digest) + ", the pushed file has " + found);
    }
    const Json& size = member(file, "size");
    if (size.is_number() && size != variant_.image_size) {
      contradict("files[0].size", "declared " + size.dump() + " bytes, the pushed file has " +
                                      std::to_string(variant_.image_size));
    }
  }

  void dtype(const Json& declared) {
    const WeightFacts& found = facts_.weights;
    if (!declared.is_string() || declared == found.dtype) return;
    const auto most = found.dtypes.find(found.dtype);
    const uint64_t tensors = most == found.dtypes.end() ? 0 : most->second.tensors;
    contradict("weights.dtype",
               "declared " + declared.get<std::string>() + ", " + std::to_string(tensors) + " of " +
                   std::to_string(found.tensors) + " weight tensors are " + found.dtype);
  }

  void scheme(const Json& declared) {
    const WeightFacts& found = facts_.weights;
    if (!declared.is_string() || found.scheme == QuantScheme::kUnstated) return;
    if (declared == scheme_name(found.scheme)) return;
    contradict("weights.quantisation", "declared " + declared.get<std::string>() + ", " +
                                           std::to_string(found.schemes.at(found.scheme)) + " of " +
                                           std::to_string(found.tensors) + " weight tensors are " +
                                           scheme_name(found.scheme));
  }

  void value(const Json& declared, const std::string& field, const GraphValue& found) {
    const Json& name = member(declared, "name");
    if (name.is_string() && name != found.name) {
      contradict(field, "declared " + quote(name) + ", the file has " + quote(found.name));
    }
    const Json& dtype = member(declared, "dtype");
    const std::string type = dtype_name(found.dtype);
    if (dtype.is_string() && found.dtype != DType::kUnknown && dtype != type) {
      contradict(field, "declared " + dtype.get<std::string>() + ", the file has " + type);
    }
    const Json& shape = member(declared, "shape");
    if (!shape.is_array() || !found.has_shape) return;
    Json stated = Json::array();
    for (const int64_t length : found.shape) stated.push_back(length < 0 ? Json() : Json(length));
    bool fits = shape.size() == stated.size();
    for (size_t i = 0; fits && i < stated.size(); ++i) {
      const bool is_open = !shape[i].is_number() || shape[i] == -1 || stated[i].is_null();
      fits = is_open || shape[i] == stated[i];
    }
    if (fits) return;
    contradict(field,
               "declared shape " + shape_text(shape) + ", the file has " + shape_text(stated));
  }

  std::string path_;
  const Variant& variant_;
  const ModelFacts& facts_;
  std::optional<Refusal> fault_;
};

}  // namespace

std::optional<Refusal> check_declared(const Json& document, const Variant& variant,
                                      const ModelFacts& facts) {
  const Json& variants = member(document, "variants");
  bool has_values = false;
  for (size_t i = 0; variants.is_array() && i < variants.size(); ++i) {
    const Json& block = variants[i];
    if (member(block, "hardware_class") != variant.hardware_class) continue;
    Comparison comparison("document.variants[" + std::to_string(i) + "].", variant, facts);
    comparison.file(block);
    comparison.weights(member(block, "weights"));
    has_values = member(block, "inputs").is_array() || member(block, "outputs").is_array();
    if (facts.graph) {
      comparison.values(member(block, "inputs"), "inputs", facts.graph->inputs);
      comparison.values(member(block, "outputs"), "outputs", facts.graph->outputs);
    }
    if (auto refusal = comparison.result()) return refusal;
  }
  // A variant that says nothing of its own is what the task says.
  const Json& task = member(document, "task");
  if (has_values || !facts.graph) return std::nullopt;
  Comparison comparison("document.task.", variant, facts);
  comparison.values(member(task, "inputs"), "inputs", facts.graph->inputs);
  comparison.values(member(task, "outputs"), "outputs", facts.graph->outputs);
  return comparison.result();
}

}  // namespace flotilla::controller::api
