#include "controller/artifact/models/model_file.h"

#include "controller/artifact/models/gguf.h"
#include "controller/artifact/models/onnx.h"
#include "controller/artifact/models/safetensors.h"
#include "controller/artifact/models/tflite.h"

namespace flotilla::controller {

const char* dtype_name(DType dtype) {
  switch (dtype) {
    case DType::kUnknown:
      return "unknown";
    case DType::kBool:
      return "bool";
    case DType::kInt4:
      return "int4";
    case DType::kInt8:
      return "int8";
    case DType::kUint8:
      return "uint8";
    case DType::kInt16:
      return "int16";
    case DType::kUint16:
      return "uint16";
    case DType::kInt32:
      return "int32";
    case DType::kUint32:
      return "uint32";
    case DType::kInt64:
      return "int64";
    case DType::kUint64:
      return "uint64";
    case DType::kFloat16:
      return "float16";
    case DType::kBfloat16:
      return "bfloat16";
    case DType::kFloat32:
      return "float32";
    case DType::kFloat64:
      return "float64";
    case DType::kBlock:
      return "block";
  }
  return "unknown";
}

const char* format_name(ModelFormat format) {
  switch (format) {
    case ModelFormat::kUnknown:
      return "unknown";
    case ModelFormat::kTflite:
      return "tflite";
    case ModelFormat::kOnnx:
      return "onnx";
    case ModelFormat::kSafetensors:
      return "safetensors";
    case ModelFormat::kTfjs:
      return "tfjs";
    case ModelFormat::kGguf:
      return "gguf";
  }
  return "unknown";
}

unsigned bits_of(DType dtype) {
  switch (dtype) {
    case DType::kUnknown:
    case DType::kBlock:
      return 0;
    case DType::kInt4:
      return 4;
    case DType::kBool:
    case DType::kInt8:
    case DType::kUint8:
      return 8;
    case DType::kInt16:
    case DType::kUint16:
    case DType::kFloat16:
    case DType::kBfloat16:
      return 16;
    case DType::kInt32:
    case DType::kUint32:
    case DType::kFloat32:
      return 32;
    case DType::kInt64:
    case DType::kUint64:
    case DType::kFloat64:
      return 64;
  }
  return 0;
}

std::optional<uint64_t> elements_of(const std::vector<uint64_t>& shape) {
  constexpr uint64_t kMost = uint64_t{1} << 56;
  uint64_t count = 1;
  for (const uint64_t length : shape) {
    if (length != 0 && count > kMost / length) return std::nullopt;
    count *= length;
  }
  return count;
}

std::optional<uint64_t> dense_size(const TensorSpan& tensor) {
  const std::optional<uint64_t> count = elements_of(tensor.shape);
  if (!count) return std::nullopt;
  if (tensor.dtype == DType::kBlock) {
    const BlockLayout& block = tensor.block;
    const bool divides =
        block.values != 0 && !tensor.shape.empty() && tensor.shape.back() % block.values == 0;
    if (!divides || *count / block.values > UINT64_MAX / block.bytes) return std::nullopt;
    return *count / block.values * block.bytes;
  }
  const unsigned bits = bits_of(tensor.dtype);
  if (bits == 0) return std::nullopt;
  return (*count * bits + 7) / 8;
}

Result<ModelFile> read_model(Bytes file, std::string* explanation) {
  if (is_tflite(file)) return read_tflite(file, explanation);
  if (is_gguf(file)) return read_gguf(file, explanation);
  if (is_safetensors(file)) return read_safetensors(file, explanation);
  if (is_onnx(file)) return read_onnx(file, explanation);
  return ModelFile{};
}

}  // namespace flotilla::controller
