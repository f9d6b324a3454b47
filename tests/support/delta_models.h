#pragma once

#include <string>
#include <vector>

#include "controller/artifact/models/model_file.h"
#include "schemas/base/prng.h"

/// Small model files that look like trained ones, and what updates do to them.
namespace flotilla::testing {

struct SampleTensor {
  std::string name;
  std::vector<uint32_t> shape;
  controller::DType dtype = controller::DType::kFloat32;
  std::vector<float> values;       ///< what it means
  std::vector<float> scales = {};  ///< of int8 and uint8: one, or one for each row
  int64_t zero_point = 0;

  uint32_t row_length() const { return static_cast<uint32_t>(values.size()) / shape[0]; }
};

struct SampleModel {
  enum class Format : uint8_t { kTflite, kOnnx, kSafetensors };
  Format format = Format::kTflite;
  std::vector<SampleTensor> tensors;

  std::string file() const;
};

/// Weights of channels with scales of their own.
SampleModel make_model(Prng& random, SampleModel::Format format);

/// Another training run's end, a conversion, another architecture: one of kUpdates kinds.
inline constexpr uint32_t kUpdates = 9;
const char* update_name(uint32_t kind);
SampleModel updated(Prng& random, const SampleModel& model, uint32_t kind);

/// The numbers of `singles` (float32, as in a file) as another type; int8 in steps of 1/50.
std::string numbers_as(controller::DType dtype, const std::string& singles);

/// Damage that makes a file no model: bytes changed, inserted, removed, cut or appended.
std::string spoilt(Prng& random, std::string file);

}  // namespace flotilla::testing
