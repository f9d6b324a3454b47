#include "tests/support/delta_models.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/support/delta_reference.h"
#include "tests/support/delta_reference_numbers.h"
#include "tests/support/model_files.h"

namespace flotilla::testing {
namespace {

using controller::DType;
using controller::test::little;

/// Roughly normal, variance one.
float normal(Prng& random) {
  float sum = -6;
  for (int i = 0; i < 12; ++i) sum += static_cast<float>(random.below(1 << 16)) / 65536.0f;
  return sum;
}

float unit(Prng& random) {
  return static_cast<float>(random.below(1 << 16)) / 65536.0f;
}

std::string bytes_of(const SampleTensor& tensor) {
  std::string out;
  for (size_t i = 0; i < tensor.values.size(); ++i) {
    const float value = tensor.values[i];
    const uint32_t pattern = pattern_of(value);
    switch (tensor.dtype) {
      case DType::kFloat16:
        out += little(reference_single_to_half(pattern), 2);
        break;
      case DType::kBfloat16:
        out += little(reference_single_to_brain(pattern), 2);
        break;
      case DType::kInt8:
      case DType::kUint8: {
        const size_t row = tensor.scales.size() == 1 ? 0 : i / tensor.row_length();
        const long low = tensor.dtype == DType::kUint8 ? 0 : -128;
        const long whole = std::lrint(value / tensor.scales[row]) + tensor.zero_point;
        out += little(static_cast<uint8_t>(std::clamp(whole, low, low + 255)), 1);
        break;
      }
      default:
        out += little(pattern, 4);
    }
  }
  return out;
}

int8_t tflite_type(DType dtype) {
  if (dtype == DType::kFloat16) return 1;
  if (dtype == DType::kUint8) return 3;
  return dtype == DType::kInt8 ? 9 : 0;
}

std::string tflite_of(const SampleModel& model) {
  controller::test::TfliteModel file;
  for (const SampleTensor& tensor : model.tensors) {
    controller::test::TfliteTensor entry;
    entry.name = tensor.name;
    entry.type = tflite_type(tensor.dtype);
    entry.shape.assign(tensor.shape.begin(), tensor.shape.end());
    entry.buffer = static_cast<uint32_t>(file.buffers.size());
    entry.scales = tensor.scales;
    if (!entry.scales.empty()) entry.zero_points.assign(entry.scales.size(), tensor.zero_point);
    file.buffers.push_back({bytes_of(tensor)});
    file.tensors.push_back(std::move(entry));
  }
  return controller::test::tflite_file(file);
}

std::string onnx_of(const SampleModel& model) {
  std::vector<std::string> initialisers;
  for (const SampleTensor& tensor : model.tensors) {
    int type = 1;
    if (tensor.dtype == DType::kUint8) type = 2;
    if (tensor.dtype == DType::kInt8) type = 3;
    if (tensor.dtype == DType::kFloat16) type = 10;
    if (tensor.dtype == DType::kBfloat16) type = 16;
    const std::vector<uint64_t> dims(tensor.shape.begin(), tensor.shape.end());
    initialisers.push_back(
        controller::test::onnx_tensor(tensor.name, type, dims, bytes_of(tensor)));
  }
  std::vector<std::string> nodes;
  for (const SampleTensor& tensor : model.tensors) {
    nodes.push_back(controller::test::onnx_node("MatMul", {"x", tensor.name}, tensor.name + ":y"));
  }
  return controller::test::onnx_file(controller::test::onnx_graph(nodes, initialisers));
}

std::string safetensors_of(const SampleModel& model) {
  std::string header = "{";
  std::string data;
  for (const SampleTensor& tensor : model.tensors) {
    const char* type = "F32";
    if (tensor.dtype == DType::kUint8) type = "U8";
    if (tensor.dtype == DType::kInt8) type = "I8";
    if (tensor.dtype == DType::kFloat16) type = "F16";
    if (tensor.dtype == DType::kBfloat16) type = "BF16";
    const std::string bytes = bytes_of(tensor);
    std::string shape;
    for (const uint32_t n : tensor.shape) shape += (shape.empty() ? "" : ",") + std::to_string(n);
    header += header.size() > 1 ? "," : "";
    header += "\"" + tensor.name + "\":{\"dtype\":\"" + type + "\",\"shape\":[" + shape +
              "],\"data_offsets\":[" + std::to_string(data.size()) + "," +
              std::to_string(data.size() + bytes.size()) + "]}";
    data += bytes;
  }
  return controller::test::safetensors_file(header + "}", data);
}

SampleTensor make_tensor(Prng& random, const std::string& name) {
  SampleTensor tensor;
  tensor.name = name;
  const uint32_t rows = 1 + random.below(48);
  const uint32_t columns = 1 + random.below(120);
  tensor.shape = {rows, columns};
  if (random.below(3) == 0) tensor.shape = {rows, 1 + random.below(3), columns};
  if (random.below(4) == 0) tensor.shape = {rows * columns};
  size_t count = 1;
  for (const uint32_t n : tensor.shape) count *= n;
  float loud = 1;
  for (size_t i = 0; i < count; ++i) {
    if (i % tensor.shape.back() == 0) loud = std::exp(normal(random));
    tensor.values.push_back(0.05f * loud * normal(random));
  }
  return tensor;
}

void quantise(SampleTensor& tensor, bool by_row, DType dtype) {
  tensor.dtype = dtype;
  tensor.zero_point = dtype == DType::kUint8 ? 128 : 0;
  tensor.scales.clear();
  const size_t rows = by_row ? tensor.shape[0] : 1;
  const size_t length = tensor.values.size() / rows;
  for (size_t row = 0; row < rows; ++row) {
    float largest = 1e-6f;
    for (size_t i = row * length; i < (row + 1) * length; ++i) {
      largest = std::max(largest, std::fabs(tensor.values[i]));
    }
    tensor.scales.push_back(largest / 127);
  }
}

void train_further(Prng& random, SampleTensor& tensor) {
  const float step = 0.0001f * std::exp(2 * normal(random));
  for (float& value : tensor.values) value += step * normal(random);
}

void rescale(Prng& random, SampleTensor& tensor) {
  const bool by_row = random.below(2) == 0;
  std::vector<float> scale(std::max<size_t>(tensor.shape[0], tensor.shape.back()));
  for (float& s : scale) s = 0.5f + unit(random);
  for (size_t i = 0; i < tensor.values.size(); ++i) {
    const size_t at = by_row ? i / tensor.row_length() : i % tensor.shape.back();
    tensor.values[i] = tensor.values[i] * scale[at] * (1 + 0.001f * normal(random));
  }
}

void prune(Prng& random, SampleTensor& tensor) {
  const float threshold = 0.03f * (1 + unit(random));
  for (float& value : tensor.values) {
    if (std::fabs(value) < threshold) value = random.below(2) == 0 ? 0.0f : -0.0f;
  }
}

bool has_bfloat(const SampleModel& model) {
  return model.format != SampleModel::Format::kTflite;
}

}  // namespace

std::string SampleModel::file() const {
  switch (format) {
    case Format::kTflite:
      return tflite_of(*this);
    case Format::kOnnx:
      return onnx_of(*this);
    case Format::kSafetensors:
      return safetensors_of(*this);
  }
  return {};
}

SampleModel make_model(Prng& random, SampleModel::Format format) {
  SampleModel model;
  model.format = format;
  const uint32_t count = 1 + random.below(7);
  for (uint32_t i = 0; i < count; ++i) {
    SampleTensor tensor = make_tensor(random, "layer_" + std::to_string(i) + "/weights");
    if (random.below(4) == 0) tensor.dtype = DType::kFloat16;
    if (random.below(6) == 0 && has_bfloat(model)) tensor.dtype = DType::kBfloat16;
    if (random.below(5) == 0) quantise(tensor, random.below(2) == 0, DType::kInt8);
    model.tensors.push_back(std::move(tensor));
  }
  return model;
}

const char* update_name(uint32_t kind) {
  static const char* const names[kUpdates] = {
      "trained further", "rescaled", "cast to half",  "cast to bfloat16", "quantised",
      "quantised rows",  "pruned",   "other tensors", "last layer only"};
  return names[kind];
}

SampleModel updated(Prng& random, const SampleModel& model, uint32_t kind) {
  SampleModel out = model;
  for (SampleTensor& tensor : out.tensors) {
    const bool is_float = tensor.scales.empty();
    if (kind == 0) train_further(random, tensor);
    if (kind == 1) rescale(random, tensor);
    if (kind == 2 && is_float) tensor.dtype = DType::kFloat16;
    if (kind == 3 && is_float)
      tensor.dtype = has_bfloat(model) ? DType::kBfloat16 : DType::kFloat32;
    if (kind == 4 && is_float) quantise(tensor, false, DType::kUint8);
    if (kind == 5 && is_float) quantise(tensor, true, DType::kInt8);
    if (kind == 6) prune(random, tensor);
  }
  if (kind == 7) {
    const uint32_t count = static_cast<uint32_t>(out.tensors.size());
    out.tensors.erase(out.tensors.begin() + random.below(count));
    out.tensors.insert(out.tensors.begin() + random.below(count), make_tensor(random, "new"));
    std::swap(out.tensors.front(), out.tensors.back());
  }
  if (kind == 8) train_further(random, out.tensors.back());
  return out;
}

std::string numbers_as(DType dtype, const std::string& singles) {
  SampleTensor tensor{"", {1}, dtype, std::vector<float>(singles.size() / 4)};
  std::memcpy(tensor.values.data(), singles.data(), tensor.values.size() * 4);
  if (dtype == DType::kInt8) tensor.scales = {0.02f};
  return bytes_of(tensor);
}

std::string spoilt(Prng& random, std::string file) {
  const auto place = [&] { return random.below(static_cast<uint32_t>(file.size()) + 1); };
  for (uint32_t edits = 1 + random.below(4); edits > 0; --edits) {
    const uint32_t at = place();
    std::string noise(random.below(300), '\0');
    for (char& byte : noise) byte = static_cast<char>(random.next());
    switch (random.below(5)) {
      case 0:
        if (at < file.size()) file[at] = static_cast<char>(random.next());
        break;
      case 1:
        file.insert(at, noise);
        break;
      case 2:
        file.erase(at, random.below(300));
        break;
      case 3:
        file += noise;
        break;
      default:
        if (random.below(4) == 0) file.resize(at);
    }
  }
  return file.empty() ? "x" : file;
}

}  // namespace flotilla::testing
