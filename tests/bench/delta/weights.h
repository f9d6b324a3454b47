#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace flotilla::bench {

enum class Element { kFloat32, kFloat16, kUint8 };

/// A constant tensor of a model file: `count` elements from byte `offset` on.
struct Weights {
  std::string name;
  Element element = Element::kFloat32;
  std::vector<uint32_t> shape;
  size_t offset = 0;
  size_t count = 0;
  /// Position of the first operator that uses the tensor, casts looked through.
  size_t first_use = 0;

  size_t bytes() const;
};

/// The constant fp32 and fp16 tensors of a TFLite file, in the order the network uses them.
/// Throws std::runtime_error when the file is not as expected.
std::vector<Weights> tflite_weights(std::span<const uint8_t> file);

/// The uint8 initializers of an ONNX file, in file order. Throws std::runtime_error.
std::vector<Weights> onnx_weights(std::span<const uint8_t> file);

}  // namespace flotilla::bench
