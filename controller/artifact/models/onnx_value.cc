#include "controller/artifact/models/onnx_tensor.h"

namespace flotilla::controller {
namespace {

// Field numbers of onnx/onnx.proto.
constexpr uint32_t kValueName = 1;
constexpr uint32_t kValueType = 2;
constexpr uint32_t kTypeTensor = 1;
constexpr uint32_t kTensorElement = 1;
constexpr uint32_t kTensorShape = 2;
constexpr uint32_t kShapeDimension = 1;
constexpr uint32_t kDimensionValue = 1;

/// A number, or a name or nothing: open.
bool read_dimension(Reading& reading, Range message, GraphValue& value) {
  ProtoCursor cursor(reading, message);
  ProtoField field;
  int64_t length = -1;
  while (cursor.next(field)) {
    if (field.is_varint(kDimensionValue)) length = static_cast<int64_t>(field.value);
  }
  if (value.shape.size() == kMaxTensorRank) {
    return reading.fail("more than 32 dimensions", message.begin, value.name);
  }
  value.shape.push_back(length < 0 ? -1 : length);
  return reading.ok();
}

bool read_shape(Reading& reading, Range message, GraphValue& value) {
  value.has_shape = true;
  ProtoCursor cursor(reading, message);
  ProtoField field;
  while (cursor.next(field)) {
    const bool is_dimension = field.is_message(kShapeDimension);
    if (is_dimension && !read_dimension(reading, field.range, value)) return false;
  }
  return reading.ok();
}

bool read_tensor_type(Reading& reading, Range message, GraphValue& value) {
  ProtoCursor cursor(reading, message);
  ProtoField field;
  while (cursor.next(field)) {
    if (field.is_varint(kTensorElement)) value.dtype = onnx_dtype(field.value);
    const bool is_shape = field.is_message(kTensorShape);
    if (is_shape && !read_shape(reading, field.range, value)) return false;
  }
  return reading.ok();
}

/// Sequences, maps and optional values keep an unknown type.
bool read_type(Reading& reading, Range message, GraphValue& value) {
  ProtoCursor cursor(reading, message);
  ProtoField field;
  while (cursor.next(field)) {
    const bool is_tensor = field.is_message(kTypeTensor);
    if (is_tensor && !read_tensor_type(reading, field.range, value)) return false;
  }
  return reading.ok();
}

}  // namespace

bool read_onnx_value(Reading& reading, Range message, GraphValue& value) {
  value.has_shape = false;
  ProtoCursor cursor(reading, message);
  ProtoField field;
  while (cursor.next(field)) {
    if (field.is_message(kValueName)) {
      const Bytes text = reading.file().subspan(field.range.begin, field.range.size());
      if (text.size() > kMaxTensorName) {
        return reading.fail("a name of more than 4096 bytes", message.begin);
      }
      value.name = as_text(text);
    }
    const bool is_type = field.is_message(kValueType);
    if (is_type && !read_type(reading, field.range, value)) return false;
  }
  return reading.ok();
}

}  // namespace flotilla::controller
