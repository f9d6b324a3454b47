#include "controller/artifact/models/reading.h"

#include <algorithm>

namespace flotilla::controller {
namespace {

constexpr size_t kMaxQuote = 96;

/// Text of a hostile file, fit for a log line.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kMaxQuote)) {
    const auto byte = static_cast<uint8_t>(c);
    out += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  return text.size() > kMaxQuote ? out + "..." : out;
}

}  // namespace

bool Reading::fail(const char* reason, uint64_t at, std::string_view subject, Code code) {
  if (!ok()) return false;
  fault_ = Status(code, reason);
  explanation_ = std::string(format_name(model_.format)) + ", byte " + std::to_string(at) + ": ";
  if (!subject.empty()) explanation_ += "'" + printable(subject) + "': ";
  explanation_ += reason;
  return false;
}

bool Reading::inside(uint64_t at, uint64_t size) {
  if (at <= file_.size() && size <= file_.size() - at) return true;
  return fail("the file ends before what is announced here", std::min<uint64_t>(at, file_.size()));
}

uint64_t Reading::number(uint64_t at, unsigned width) {
  if (!ok() || !inside(at, width)) return 0;
  uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i) value |= uint64_t{file_[at + i]} << (8 * i);
  return value;
}

bool Reading::visit(uint64_t at) {
  if (++visited_ <= kMaxTensors) return ok();
  return fail("more than 131072 tensors and operators", at, {}, Code::kResourceExhausted);
}

bool Reading::charge(uint64_t bytes, uint64_t at) {
  if (bytes > kMaxDescription - charged_) {
    return fail("names, shapes and scales take more than 32 MiB", at, {}, Code::kResourceExhausted);
  }
  charged_ += bytes;
  return ok();
}

bool Reading::add(TensorSpan tensor, Packing packing, uint64_t at) {
  if (!ok() || tensor.size == 0) return ok();
  if (tensor.name.size() > kMaxTensorName) return fail("a name of more than 4096 bytes", at);
  if (tensor.shape.size() > kMaxTensorRank) {
    return fail("more than 32 dimensions", at, tensor.name);
  }
  if (tensor.offset > file_.size() || tensor.size > file_.size() - tensor.offset) {
    return fail("its data ends beyond the file", at, tensor.name);
  }
  const bool sized = bits_of(tensor.dtype) != 0 || tensor.dtype == DType::kBlock;
  if (packing == Packing::kDense && sized && dense_size(tensor) != tensor.size) {
    return fail("its data has another size than its shape and type ask for", at, tensor.name);
  }
  if (!charge(tensor.name.size() + 8 * tensor.shape.size(), at)) return false;
  model_.tensors.push_back(std::move(tensor));
  return true;
}

Graph& Reading::graph() {
  if (!model_.graph) model_.graph.emplace();
  return *model_.graph;
}

bool Reading::add_operator(std::string_view name, uint64_t at) {
  if (!ok()) return false;
  if (name.size() > kMaxOperatorName) return fail("an operator's name of more than 256 bytes", at);
  auto& operators = graph().operators;
  const auto found = operators.find(std::string(name));
  if (found != operators.end()) {
    ++found->second;
    return true;
  }
  if (operators.size() == kMaxOperatorKinds) {
    return fail("more than 4096 kinds of operators", at, {}, Code::kResourceExhausted);
  }
  operators.emplace(name, 1);
  return charge(name.size(), at);
}

bool Reading::add_value(std::vector<GraphValue> Graph::*list, GraphValue value, uint64_t at) {
  if (!ok()) return false;
  if (value.name.size() > kMaxTensorName) return fail("a name of more than 4096 bytes", at);
  std::vector<GraphValue>& values = graph().*list;
  if (values.size() == kMaxGraphValues) {
    return fail("more than 4096 inputs or outputs", at, {}, Code::kResourceExhausted);
  }
  if (!charge(value.name.size() + 8 * value.shape.size(), at)) return false;
  values.push_back(std::move(value));
  return true;
}

void Reading::sort(Sharing sharing) {
  std::vector<TensorSpan>& tensors = model_.tensors;
  const auto before = [](const TensorSpan& a, const TensorSpan& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.size < b.size;
  };
  const auto same = [](const TensorSpan& a, const TensorSpan& b) {
    return a.offset == b.offset && a.size == b.size;
  };
  std::stable_sort(tensors.begin(), tensors.end(), before);
  if (sharing == Sharing::kAllowed) {
    tensors.erase(std::unique(tensors.begin(), tensors.end(), same), tensors.end());
  }
  for (size_t i = 1; i < tensors.size(); ++i) {
    const TensorSpan& last = tensors[i - 1];
    if (tensors[i].offset - last.offset < last.size) {
      fail("its data overlaps another tensor's", tensors[i].offset, tensors[i].name);
      return;
    }
  }
}

Result<ModelFile> Reading::finish(Sharing sharing, std::string* explanation) {
  if (ok()) sort(sharing);
  if (ok()) return std::move(model_);
  if (explanation != nullptr) *explanation = explanation_;
  return fault_;
}

}  // namespace flotilla::controller
