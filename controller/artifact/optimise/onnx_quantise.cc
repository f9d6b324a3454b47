#include <algorithm>

#include "controller/artifact/optimise/onnx_outline.h"
#include "controller/artifact/optimise/proto_writer.h"
#include "controller/artifact/optimise/quantise.h"

namespace flotilla::controller {

namespace {

// TensorProto.DataType and AttributeProto.AttributeType.
constexpr uint64_t kFloat = 1;
constexpr uint64_t kInt8 = 3;
constexpr uint64_t kAttributeInt = 2;

constexpr uint64_t kLeastOpset = 13;  ///< DequantizeLinear has an axis since then
/// Since then initialisers need not be inputs; operator set 13 came with IR version 7.
constexpr uint64_t kIrWithoutInputs = 4;
constexpr uint64_t kIrOfLeastOpset = 7;

std::string tensor_proto(std::string_view name, uint64_t type, const std::vector<uint64_t>& shape,
                         std::string_view raw) {
  std::string out;
  for (const uint64_t length : shape) append_number(out, kOnnxTensorDims, length);
  append_number(out, kOnnxTensorDataType, type);
  append_bytes(out, kOnnxTensorName, name);
  append_bytes(out, kOnnxTensorRawData, raw);
  return out;
}

std::string dequantise_node(std::string_view values, std::string_view scales,
                            std::string_view output, uint64_t axis) {
  std::string attribute;
  append_bytes(attribute, kOnnxAttributeName, "axis");
  append_number(attribute, kOnnxAttributeI, axis);
  append_number(attribute, kOnnxAttributeType, kAttributeInt);
  std::string out;
  append_bytes(out, kOnnxNodeInput, values);
  append_bytes(out, kOnnxNodeInput, scales);
  append_bytes(out, kOnnxNodeOutput, output);
  append_bytes(out, kOnnxNodeName, std::string(output) + "_dequantise");
  append_bytes(out, kOnnxNodeOpType, "DequantizeLinear");
  append_bytes(out, kOnnxNodeAttribute, attribute);
  return out;
}

/// Copies the model field by field; what holds no weight is copied as it stands.
class OnnxQuantiser {
 public:
  OnnxQuantiser(Reading& reading, const OnnxOutline& outline, OptimiseFault& fault)
      : reading_(reading), outline_(outline), fault_(fault) {
    for (const auto& [at, weight] : outline.weights) {
      if (is_replaced(plain(weight))) replaced_.insert(weight.name);
    }
  }

  Result<std::string> model() {
    std::string out;
    each_field({0, reading_.file().size()}, [&](const ProtoField& field, std::string_view whole) {
      if (field.is_message(kOnnxModelGraph)) {
        append_bytes(out, kOnnxModelGraph, graph(field.range));
      } else if (field.is_varint(kOnnxModelIrVersion) && drops_inputs()) {
        append_number(out, kOnnxModelIrVersion, std::max(field.value, kIrOfLeastOpset));
      } else {
        out.append(whole);
      }
    });
    if (!status_.ok()) return status_;
    return out;
  }

  size_t changed() const { return changed_; }

 private:
  struct Replacement {
    std::string node;          ///< makes the weight of
    std::string initialisers;  ///< fields of the graph
  };

  /// Every field with all its bytes, its key among them.
  template <typename Take>
  void each_field(Range message, const Take& take) {
    ProtoCursor cursor(reading_, message);
    ProtoField field;
    uint64_t begin = message.begin;
    while (status_.ok() && cursor.next(field)) {
      take(field, as_text(reading_.file().subspan(begin, field.range.end - begin)));
      begin = field.range.end;
    }
  }

  bool drops_inputs() const { return outline_.ir_version < kIrWithoutInputs; }

  bool holds_weight(Range message) const {
    const auto next = outline_.weights.lower_bound(message.begin);
    return next != outline_.weights.end() && next->first < message.end;
  }

  /// The operators that make weights of initialisers come first: nodes are in order of execution.
  std::string graph(Range message) {
    std::string head;
    std::string body;
    each_field(message, [&](const ProtoField& field, std::string_view whole) {
      Replacement made;
      const bool is_node = field.is_message(kOnnxGraphNode);
      if (field.is_message(kOnnxGraphInitializer) && replace(field.range.begin, made)) {
        append_bytes(head, kOnnxGraphNode, made.node);
        body += made.initialisers;
      } else if (is_node && replace(field.range.begin, made)) {
        append_bytes(body, kOnnxGraphNode, made.node);
        body += made.initialisers;
      } else if (is_node && holds_weight(field.range)) {
        append_bytes(body, kOnnxGraphNode, node(field.range));
      } else if (!field.is_message(kOnnxGraphInput) || !is_gone(field.range)) {
        body.append(whole);
      }
    });
    return head + body;
  }

  /// Below IR version 4 an initialiser is an input of its name too, which is an operator's now.
  bool is_gone(Range input) const {
    return drops_inputs() && replaced_.contains(onnx_value_name(reading_, input));
  }

  std::string node(Range message) {
    std::string out;
    each_field(message, [&](const ProtoField& field, std::string_view whole) {
      if (!field.is_message(kOnnxNodeAttribute) || !holds_weight(field.range)) {
        out.append(whole);
        return;
      }
      append_bytes(out, kOnnxNodeAttribute, attribute(field.range));
    });
    return out;
  }

  std::string attribute(Range message) {
    std::string out;
    each_field(message, [&](const ProtoField& field, std::string_view whole) {
      const bool is_graph =
          field.is_message(kOnnxAttributeG) || field.is_message(kOnnxAttributeGraphs);
      if (!is_graph || !holds_weight(field.range)) {
        out.append(whole);
        return;
      }
      append_bytes(out, field.number, graph(field.range));
    });
    return out;
  }

  static Weight plain(const OnnxWeight& weight) {
    const OnnxTensor& tensor = weight.tensor;
    return {std::string(weight.name), tensor.dtype,       tensor.shape,
            tensor.data.begin,        tensor.data.size(), weight.axis};
  }

  static bool is_replaced(const Weight& weight) {
    return weight.dtype == DType::kFloat32 && is_worth_quantising(weight);
  }

  bool replace(uint64_t at, Replacement& out) {
    const auto found = outline_.weights.find(at);
    if (found == outline_.weights.end()) return false;
    const Weight weight = plain(found->second);
    if (!is_replaced(weight)) return false;
    const auto made = quantise_weight(reading_.file(), weight, fault_);
    if (!made.ok()) {
      status_ = made.status();
      return false;
    }
    const std::string values = fresh(weight.name + "_quantized");
    const std::string scales = fresh(weight.name + "_scale");
    append_bytes(out.initialisers, kOnnxGraphInitializer,
                 tensor_proto(values, kInt8, weight.shape, made.value().values));
    append_bytes(out.initialisers, kOnnxGraphInitializer,
                 tensor_proto(scales, kFloat, {weight.shape[weight.axis]}, made.value().scales));
    out.node = dequantise_node(values, scales, weight.name, weight.axis);
    ++changed_;
    return true;
  }

  std::string fresh(std::string name) const {
    while (outline_.names.contains(name)) name += "_";
    return name;
  }

  Reading& reading_;
  const OnnxOutline& outline_;
  OptimiseFault& fault_;
  Status status_;
  std::set<std::string_view> replaced_;
  size_t changed_ = 0;
};

Status refuse(OptimiseFault& fault, std::string message, std::string remedy) {
  fault = {std::move(message), std::move(remedy)};
  return {Code::kFailedPrecondition, "this model cannot be quantised"};
}

Status check_types(const OnnxOutline& outline, OptimiseFault& fault) {
  for (const auto& [at, weight] : outline.weights) {
    const DType dtype = weight.tensor.dtype;
    if (dtype != DType::kFloat16 && dtype != DType::kBfloat16 && dtype != DType::kFloat64) continue;
    return refuse(fault,
                  "weight '" + std::string(weight.name) + "' is " + dtype_name(dtype) +
                      ": DequantizeLinear makes float32 of int8",
                  "quantise the float32 model that it was made from");
  }
  return ok_status();
}

}  // namespace

Result<std::string> quantise_onnx(Bytes file, OptimiseFault& fault) {
  Reading reading(ModelFormat::kOnnx, file);
  OnnxOutline outline;
  if (!read_onnx_outline(reading, outline)) {
    fault = {"it is a broken ONNX file", "export the model again"};
    return Status(Code::kInvalidArgument, "a broken file");
  }
  if (outline.opset < kLeastOpset) {
    return refuse(fault,
                  "its operator set is " + std::to_string(outline.opset) +
                      "; DequantizeLinear has a scale for each channel since 13",
                  "export the model with operator set 13 or newer");
  }
  FLOTILLA_TRY(check_types(outline, fault));
  OnnxQuantiser quantiser(reading, outline, fault);
  auto out = quantiser.model();
  if (!out.ok() || quantiser.changed() != 0) return out;
  return refuse(fault, "it has no float32 weights that int8 would make smaller",
                "leave this step out");
}

}  // namespace flotilla::controller
