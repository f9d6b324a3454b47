#include "controller/artifact/optimise/weight.h"

#include <algorithm>

#include "controller/artifact/optimise/onnx_outline.h"

namespace flotilla::controller {

namespace {

bool is_float(DType dtype) {
  return dtype == DType::kFloat16 || dtype == DType::kBfloat16 || dtype == DType::kFloat32 ||
         dtype == DType::kFloat64;
}

bool is_matrix(const std::vector<uint64_t>& shape) {
  return std::count_if(shape.begin(), shape.end(), [](uint64_t n) { return n > 1; }) >= 2;
}

std::vector<Weight> weights_of(const ModelFile& model) {
  std::vector<Weight> out;
  for (const TensorSpan& span : model.tensors) {
    if (!is_float(span.dtype) || !is_matrix(span.shape)) continue;
    out.push_back({span.name, span.dtype, span.shape, span.offset, span.size, 0});
  }
  return out;
}

std::vector<Weight> weights_of(const OnnxOutline& outline) {
  std::vector<Weight> out;
  for (const auto& [at, weight] : outline.weights) {
    const OnnxTensor& tensor = weight.tensor;
    if (!is_float(tensor.dtype)) continue;
    out.push_back({std::string(weight.name), tensor.dtype, tensor.shape, tensor.data.begin,
                   tensor.data.size(), weight.axis});
  }
  return out;
}

Status refuse_format(const ModelFile& model, OptimiseFault& fault) {
  if (model.tensors_elsewhere != 0) {
    fault = {std::to_string(model.tensors_elsewhere) + " of its tensors lie in other files",
             "save the model as one ONNX file, without external data"};
    return {Code::kUnimplemented, "weights in other files"};
  }
  fault = {std::string("its format is ") + format_name(model.format) +
               "; the built-in steps know onnx and safetensors",
           "optimise the ONNX or safetensors file that it was made from, or use a command"};
  return {Code::kUnimplemented, "a format that is not known to the steps"};
}

Result<ModelFile> read_workable(Bytes file, OptimiseFault& fault) {
  std::string explanation;
  auto model = read_model(file, &explanation);
  if (!model.ok()) {
    fault = {explanation, "export the model again"};
    return model.status();
  }
  const ModelFormat format = model.value().format;
  const bool known = format == ModelFormat::kOnnx || format == ModelFormat::kSafetensors;
  if (!known || model.value().tensors_elsewhere != 0) return refuse_format(model.value(), fault);
  return model;
}

}  // namespace

Result<ModelFormat> workable_format(Bytes file, OptimiseFault& fault) {
  const auto model = read_workable(file, fault);
  if (!model.ok()) return model.status();
  return model.value().format;
}

Result<std::vector<Weight>> find_weights(Bytes file, OptimiseFault& fault) {
  const auto model = read_workable(file, fault);
  if (!model.ok()) return model.status();
  std::vector<Weight> out;
  if (model.value().format == ModelFormat::kSafetensors) {
    out = weights_of(model.value());
  } else {
    Reading reading(ModelFormat::kOnnx, file);
    OnnxOutline outline;
    if (!read_onnx_outline(reading, outline)) {
      fault = {"it is a broken ONNX file", "export the model again"};
      return Status(Code::kInvalidArgument, "a broken file");
    }
    out = weights_of(outline);
  }
  std::sort(out.begin(), out.end(),
            [](const Weight& a, const Weight& b) { return a.offset < b.offset; });
  if (!out.empty()) return out;
  fault = {"it has no float weights of two dimensions or more",
           "prune before you quantise, and name the float model"};
  return Status(Code::kFailedPrecondition, "no weights");
}

}  // namespace flotilla::controller
