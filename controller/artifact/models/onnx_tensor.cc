#include "controller/artifact/models/onnx_tensor.h"

#include "controller/artifact/models/numbers.h"

namespace flotilla::controller {
namespace {

// TensorProto
constexpr uint32_t kDims = 1;
constexpr uint32_t kDataType = 2;
constexpr uint32_t kFloatData = 4;
constexpr uint32_t kInt32Data = 5;
constexpr uint32_t kInt64Data = 7;
constexpr uint32_t kName = 8;
constexpr uint32_t kRawData = 9;
constexpr uint32_t kDoubleData = 10;
constexpr uint32_t kDataLocation = 14;  ///< 1: in another file

bool add_dimension(Reading& reading, uint64_t length, OnnxTensor& tensor) {
  if (length > INT64_MAX) return reading.fail("a negative dimension", tensor.at, tensor.name);
  if (tensor.shape.size() == kMaxTensorRank) {
    return reading.fail("more than 32 dimensions", tensor.at, tensor.name);
  }
  tensor.shape.push_back(length);
  return reading.charge(sizeof length, tensor.at);
}

bool add_dimensions(Reading& reading, const ProtoField& field, OnnxTensor& tensor) {
  if (field.type == ProtoField::Type::kVarint) return add_dimension(reading, field.value, tensor);
  if (field.type != ProtoField::Type::kLength) {
    return reading.fail("a dimension of the wrong wire type", tensor.at);
  }
  ProtoCursor packed(reading, field.range);
  uint64_t length = 0;
  while (packed.next_varint(length)) {
    if (!add_dimension(reading, length, tensor)) return false;
  }
  return reading.ok();
}

void take_number(const ProtoField& field, OnnxTensor& tensor) {
  if (field.number == kDataType) tensor.dtype = onnx_dtype(field.value);
  if (field.number == kDataLocation) tensor.is_external = field.value == 1;
}

void take_data(Reading& reading, const ProtoField& field, OnnxTensor& tensor) {
  if (field.number == kName) {
    tensor.name = as_text(reading.file().subspan(field.range.begin, field.range.size()));
  } else if (field.number == kRawData || field.number == kFloatData ||
             field.number == kDoubleData) {
    tensor.is_scattered = tensor.data.size() != 0;
    tensor.data = field.range;
  } else if (field.number == kInt32Data || field.number == kInt64Data) {
    tensor.varints = field.range;
  }
}

}  // namespace

DType onnx_dtype(uint64_t data_type) {
  // UNDEFINED FLOAT UINT8 INT8 UINT16 INT16 INT32 INT64 STRING BOOL FLOAT16 DOUBLE UINT32 UINT64
  // COMPLEX64 COMPLEX128 BFLOAT16, four 8-bit floats, UINT4 (read as int4: same width), INT4
  constexpr DType kTypes[] = {DType::kUnknown,  DType::kFloat32, DType::kUint8,   DType::kInt8,
                              DType::kUint16,   DType::kInt16,   DType::kInt32,   DType::kInt64,
                              DType::kUnknown,  DType::kBool,    DType::kFloat16, DType::kFloat64,
                              DType::kUint32,   DType::kUint64,  DType::kUnknown, DType::kUnknown,
                              DType::kBfloat16, DType::kUnknown, DType::kUnknown, DType::kUnknown,
                              DType::kUnknown,  DType::kInt4,    DType::kInt4};
  return data_type < std::size(kTypes) ? kTypes[data_type] : DType::kUnknown;
}

bool read_onnx_tensor(Reading& reading, Range message, OnnxTensor& tensor) {
  tensor.at = message.begin;
  ProtoCursor cursor(reading, message);
  ProtoField field;
  while (cursor.next(field)) {
    if (field.number == kDims) {
      if (!add_dimensions(reading, field, tensor)) return false;
    } else if (field.type == ProtoField::Type::kVarint) {
      take_number(field, tensor);
    } else if (field.type == ProtoField::Type::kLength) {
      take_data(reading, field, tensor);
    }
  }
  if (tensor.is_external || tensor.is_scattered) tensor.data = {};
  return reading.ok();
}

OnnxQuantisation::OnnxQuantisation(Reading& reading, const std::vector<OnnxTensor>& tensors,
                                   const std::vector<OnnxLink>& links)
    : reading_(reading) {
  for (const OnnxTensor& tensor : tensors) tensors_.emplace(tensor.name, &tensor);
  for (const OnnxLink& link : links) links_.emplace(link.tensor, &link);
}

const OnnxTensor* OnnxQuantisation::find(std::string_view name) const {
  const auto found = name.empty() ? tensors_.end() : tensors_.find(name);
  return found == tensors_.end() ? nullptr : found->second;
}

/// Exactly `count` values, else none.
std::vector<double> OnnxQuantisation::values(const OnnxTensor& tensor, uint64_t count) const {
  std::vector<double> out;
  if (tensor.data.size() != 0) {
    if (tensor.data.size() * 8 == count * bits_of(tensor.dtype)) {
      out =
          numbers_in(reading_.file().subspan(tensor.data.begin, tensor.data.size()), tensor.dtype);
    }
    return out;
  }
  ProtoCursor packed(reading_, tensor.varints);
  uint64_t value = 0;
  while (out.size() < count && packed.next_varint(value)) {
    out.push_back(static_cast<double>(static_cast<int64_t>(value)));
  }
  if (out.size() != count) out.clear();
  return out;
}

Quantisation OnnxQuantisation::from(const OnnxTensor& tensor, const OnnxTensor& scale,
                                    const OnnxTensor* zero, int64_t axis) {
  Quantisation out;
  const uint64_t count = elements_of(scale.shape).value_or(0);
  const int found = axis_of(tensor.shape, count, axis);
  if (count == 0 || (count > 1 && found < 0)) return out;
  if (!reading_.charge(16 * count, scale.at)) return out;
  const std::vector<double> scales = values(scale, count);
  if (scales.empty()) return out;
  if (zero != nullptr) {
    const std::vector<double> zeros = values(*zero, count);
    if (zeros.empty()) return out;
    for (const double z : zeros) out.zero_points.push_back(whole(z));
  }
  out.scales = scales;
  out.axis = count == 1 ? -1 : found;
  return out;
}

Quantisation OnnxQuantisation::of(const OnnxTensor& tensor) {
  const auto link = links_.find(tensor.name);
  if (!tensor.name.empty() && link != links_.end()) {
    const OnnxTensor* scale = find(link->second->scale);
    const OnnxTensor* zero = find(link->second->zero_point);
    if (scale != nullptr) return from(tensor, *scale, zero, link->second->axis);
  }
  constexpr std::string_view kSuffix = "_quantized";
  if (!tensor.name.ends_with(kSuffix)) return {};
  const std::string stem(tensor.name.substr(0, tensor.name.size() - kSuffix.size()));
  const OnnxTensor* scale = find(stem + "_scale");
  if (scale == nullptr) return {};
  return from(tensor, *scale, find(stem + "_zero_point"), 0);
}

}  // namespace flotilla::controller
