#include "controller/artifact/optimise/quantise.h"

#include <bit>
#include <cmath>

#include "controller/artifact/models/numbers.h"

namespace flotilla::controller {

namespace {

constexpr float kLargest = 127;
constexpr float kLeastScale = 0x1p-126F;  ///< the smallest normal number

double value_at(const uint8_t* at, DType dtype) {
  if (dtype == DType::kFloat16) return from_float16(load_u16_le(at));
  if (dtype == DType::kBfloat16) return from_bfloat16(load_u16_le(at));
  if (dtype == DType::kFloat64) return std::bit_cast<double>(load_u64_le(at));
  return static_cast<double>(std::bit_cast<float>(load_u32_le(at)));
}

/// Half to even, whatever the rounding mode of the processor; exact for small magnitudes.
int round_half_even(double value) {
  const double below = std::floor(value);
  const double rest = value - below;
  const int whole = static_cast<int>(below);
  if (rest > 0.5 || (rest == 0.5 && whole % 2 != 0)) return whole + 1;
  return whole;
}

uint8_t stored(double value, float scale) {
  const int rounded = round_half_even(value / static_cast<double>(scale));
  const int clamped = rounded > 127 ? 127 : rounded < -127 ? -127 : rounded;
  return static_cast<uint8_t>(static_cast<int8_t>(clamped));
}

/// How element number i belongs to channel (i / inner) % channels.
struct Channels {
  size_t count = 1;
  size_t inner = 1;

  explicit Channels(const Weight& weight) : count(weight.shape[weight.axis]) {
    for (size_t i = weight.axis + 1; i < weight.shape.size(); ++i) inner *= weight.shape[i];
  }
  size_t of(size_t element) const { return element / inner % count; }
};

}  // namespace

bool is_worth_quantising(const Weight& weight) {
  constexpr uint64_t kFrame = 128;  // names, shapes, an operator
  const uint64_t elements = weight.size * 8 / bits_of(weight.dtype);
  return elements + 4 * weight.shape[weight.axis] + kFrame < weight.size;
}

Result<QuantisedWeight> quantise_weight(Bytes file, const Weight& weight, OptimiseFault& fault) {
  const size_t width = bits_of(weight.dtype) / 8;
  const size_t elements = weight.size / width;
  const Bytes data = file.subspan(weight.offset, weight.size);
  const Channels channels(weight);
  std::vector<double> largest(channels.count);
  for (size_t i = 0; i < elements; ++i) {
    const double size = std::fabs(value_at(data.data() + i * width, weight.dtype));
    if (!(size <= 3.4028234663852886e38)) {
      fault = {"'" + weight.name + "': value " + std::to_string(i) + " is infinite or no number",
               "train or export the model again"};
      return Status(Code::kInvalidArgument, "a weight that is no number");
    }
    double& most = largest[channels.of(i)];
    if (size > most) most = size;
  }
  QuantisedWeight out;
  std::vector<float> scales;
  for (const double most : largest) {
    const float scale = static_cast<float>(most) / kLargest;
    scales.push_back(scale < kLeastScale ? 0 : scale);
    uint8_t bytes[4];
    store_u32_le(bytes, std::bit_cast<uint32_t>(scales.back() == 0 ? 1.0F : scale));
    out.scales.append(as_text(bytes));
  }
  out.values.resize(elements);
  for (size_t i = 0; i < elements; ++i) {
    const float scale = scales[channels.of(i)];
    if (scale == 0) continue;
    const double value = value_at(data.data() + i * width, weight.dtype);
    out.values[i] = static_cast<char>(stored(value, scale));
  }
  return out;
}

Result<std::string> quantise_weights(Bytes file, OptimiseFault& fault) {
  const auto format = workable_format(file, fault);
  if (!format.ok()) return format.status();
  return format.value() == ModelFormat::kOnnx ? quantise_onnx(file, fault)
                                              : quantise_safetensors(file, fault);
}

}  // namespace flotilla::controller
