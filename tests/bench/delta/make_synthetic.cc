// Makes the synthetic pairs of pairs.tsv, class S from real models and the large pair of class L
// from nothing, alike on every machine: draws come from the project's Prng, seeded by the pair's
// name, and every sum is IEEE double in a fixed order, without contraction.
//
//   make_synthetic DIR [PAIR...]      all of class S, or the named ones; reads DIR/<real pair>.old
//   or .new, writes DIR/<pair>.old, .new

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <stdexcept>

#include "tests/bench/delta/large_pair.h"
#include "tests/bench/delta/numbers.h"
#include "tests/bench/delta/safetensors.h"
#include "tests/bench/delta/weights.h"

namespace flotilla::bench {
namespace {

using Bytes = std::vector<uint8_t>;
constexpr uint64_t kSeed = 20250713;

// ---- tensors as values

struct Values {
  Weights weights;
  std::vector<float> data;
};
using Model = std::vector<Values>;

float read(const Bytes& file, const Weights& weights, size_t i) {
  if (weights.element == Element::kFloat16) {
    uint16_t half = 0;
    std::memcpy(&half, &file.at(weights.offset + i * 2), 2);
    return float_from_half(half);
  }
  float value = 0;
  std::memcpy(&value, &file.at(weights.offset + i * 4), 4);
  return value;
}

void write(Bytes& file, const Weights& weights, size_t i, float value) {
  if (weights.element == Element::kFloat16) {
    const uint16_t half = half_from_float(value);
    std::memcpy(&file.at(weights.offset + i * 2), &half, 2);
    return;
  }
  std::memcpy(&file.at(weights.offset + i * 4), &value, 4);
}

Model values_of(const Bytes& file) {
  Model model;
  for (const Weights& weights : tflite_weights(file)) {
    Values values{weights, {}};
    for (size_t i = 0; i < weights.count; ++i) values.data.push_back(read(file, weights, i));
    model.push_back(std::move(values));
  }
  return model;
}

Bytes with_values(Bytes file, const Model& model) {
  for (const Values& values : model)
    for (size_t i = 0; i < values.data.size(); ++i) write(file, values.weights, i, values.data[i]);
  return file;
}

double deviation(const std::vector<float>& data) {
  double sum = 0;
  for (float value : data) sum += double{value};
  const double mean = sum / static_cast<double>(data.size());
  double squares = 0;
  for (float value : data) squares += (double{value} - mean) * (double{value} - mean);
  return std::sqrt(squares / static_cast<double>(data.size()));
}

// ---- changes of the weights

using Change = std::function<void(Model&, Prng&)>;

void add_noise(std::span<float> data, double sigma, Prng& prng) {
  for (float& value : data) value = static_cast<float>(double{value} + sigma * gaussian(prng));
}

void unchanged(Model&, Prng&) {}

/// Every weight + N(0, share x the tensor's standard deviation).
Change std_noise(double share) {
  return [share](Model& model, Prng& prng) {
    for (Values& values : model) add_noise(values.data, share * deviation(values.data), prng);
  };
}

/// Every weight x (1 + N(0, share)).
Change relative_noise(double share) {
  return [share](Model& model, Prng& prng) {
    for (Values& values : model)
      for (float& value : values.data)
        value = static_cast<float>(double{value} * (1 + share * gaussian(prng)));
  };
}

/// The last `part` of the network's weights + N(0, 5 % of the tensor's standard deviation).
Change last_layers(double part) {
  return [part](Model& model, Prng& prng) {
    size_t total = 0;
    for (const Values& values : model) total += values.data.size();
    size_t left = static_cast<size_t>(static_cast<double>(total) * part);
    for (auto values = model.rbegin(); values != model.rend() && left > 0; ++values) {
      const size_t count = std::min(left, values->data.size());
      const double sigma = 0.05 * deviation(values->data);
      add_noise(std::span(values->data).last(count), sigma, prng);
      left -= count;
    }
  };
}

/// The half of each tensor with the smallest magnitudes becomes +0; of equals, the first ones.
void prune_half(Model& model, Prng&) {
  for (Values& values : model) {
    std::vector<size_t> order(values.data.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return std::abs(values.data[a]) < std::abs(values.data[b]);
    });
    for (size_t i = 0; i < order.size() / 2; ++i) values.data[order[i]] = 0;
  }
}

/// 3 % of the bytes move by one, at the ends of the range inwards.
Bytes nudged(Bytes file, Prng& prng) {
  for (const Weights& weights : onnx_weights(file)) {
    for (size_t i = weights.offset; i < weights.offset + weights.count; ++i) {
      if (prng.below(100) >= 3) continue;
      const bool up = file[i] == 0 || (file[i] != 255 && prng.below(2) == 1);
      file[i] = static_cast<uint8_t>(up ? file[i] + 1 : file[i] - 1);
    }
  }
  return file;
}

// ---- other containers and dtypes

template <typename T>
std::span<const uint8_t> bytes_of(const std::vector<T>& items) {
  return {reinterpret_cast<const uint8_t*>(items.data()), items.size() * sizeof(T)};
}

Bytes as_float32(const Model& model) {
  SafetensorsFile file;
  for (const Values& values : model)
    file.add(values.weights.name, "F32", values.weights.shape, bytes_of(values.data));
  return file.finish();
}

Bytes as_bfloat16(const Model& model) {
  SafetensorsFile file;
  for (const Values& values : model) {
    std::vector<uint16_t> rounded;
    for (float value : values.data) rounded.push_back(bfloat_from_float(value));
    file.add(values.weights.name, "BF16", values.weights.shape, bytes_of(rounded));
  }
  return file.finish();
}

/// Output channels are the first dimension, of depthwise weights (first dimension 1) the last one.
size_t channel_axis(const std::vector<uint32_t>& shape) {
  return shape.front() == 1 ? shape.size() - 1 : 0;
}

/// Symmetric per channel: scale = greatest magnitude / 127, value = round(weight / scale), ties to
/// even.
void add_int8(SafetensorsFile& file, const Values& values) {
  const std::vector<uint32_t>& shape = values.weights.shape;
  const size_t axis = channel_axis(shape);
  size_t inner = 1;
  for (size_t d = axis + 1; d < shape.size(); ++d) inner *= shape[d];
  const auto channel_of = [&](size_t i) { return i / inner % shape[axis]; };
  std::vector<float> scales(shape[axis], 0.0F);
  for (size_t i = 0; i < values.data.size(); ++i) {
    float& scale = scales[channel_of(i)];
    scale = std::max(scale, std::abs(values.data[i]));
  }
  for (float& scale : scales) scale = scale > 0 ? scale / 127 : 1;
  std::vector<int8_t> quantised;
  for (size_t i = 0; i < values.data.size(); ++i) {
    const float steps = std::nearbyint(values.data[i] / scales[channel_of(i)]);
    quantised.push_back(static_cast<int8_t>(std::clamp(steps, -127.0F, 127.0F)));
  }
  file.add(values.weights.name, "I8", shape, bytes_of(quantised));
  file.add(values.weights.name + ".scale", "F32", {shape[axis]}, bytes_of(scales));
}

/// Biases, and whatever else has one value per channel, stay fp32.
Bytes as_int8(const Model& model) {
  SafetensorsFile file;
  for (const Values& values : model) {
    const std::vector<uint32_t>& shape = values.weights.shape;
    if (shape.size() >= 2 && values.data.size() > shape[channel_axis(shape)]) {
      add_int8(file, values);
    } else {
      file.add(values.weights.name, "F32", shape, bytes_of(values.data));
    }
  }
  return file.finish();
}

// ---- recipes

struct Pair {
  Bytes old_file, new_file;
};

struct Recipe {
  const char* name;
  const char* base;
  std::function<Pair(const Bytes& base, Prng& prng)> make;
};

/// The container stays, the weights change.
auto changed(Change change) {
  return [change](const Bytes& base, Prng& prng) {
    Model model = values_of(base);
    change(model, prng);
    return Pair{base, with_values(base, model)};
  };
}

using Writer = Bytes (*)(const Model&);

/// Both sides are safetensors files, the second one of changed weights.
auto rewritten(Writer from, Writer to, Change change) {
  return [=](const Bytes& base, Prng& prng) {
    Model model = values_of(base);
    Pair pair{from(model), {}};
    change(model, prng);
    pair.new_file = to(model);
    return pair;
  };
}

const std::vector<Recipe>& recipes() {
  static const char* const kHand = "tfl_hand_01_03.old";
  static const char* const kHeavy = "tfl_pose_heavy_04_04b.old";
  static const char* const kFull = "tfl_pose_full_04_04b.old";
  static const char* const kIsnet = "onnx_isnet_fp16_quint8.new";
  static const std::vector<Recipe> all = {
      {"syn_a_lastlayers_f32_tfl", kHand, changed(last_layers(0.042))},
      {"syn_a_lastlayers_f16_tfl27", kHeavy, changed(last_layers(0.0187))},
      {"syn_b_ft_rel1e3_f32", kHand, changed(relative_noise(1e-3))},
      {"syn_b_ft_std1e3_f32", kHand, changed(std_noise(1e-3))},
      {"syn_b_ft_std1e5_f32", kHand, changed(std_noise(1e-5))},
      {"syn_c_ft_rel1e3_f16", kFull, changed(relative_noise(1e-3))},
      {"syn_d_int8_3pct", kIsnet,
       [](const Bytes& base, Prng& prng) {
         return Pair{base, nudged(base, prng)};
       }},
      {"syn_e_prune50_f32", kHand, changed(prune_half)},
      {"syn_f_f32_to_i8", kHand, rewritten(as_float32, as_int8, unchanged)},
      {"syn_g_f32_to_i8_newver", kHand, rewritten(as_float32, as_int8, std_noise(1e-3))},
      {"syn_g2_i8_to_i8_newver", kHand, rewritten(as_int8, as_int8, std_noise(2e-2))},
      {"syn_h_ft_std1e3_bf16", kHand, rewritten(as_bfloat16, as_bfloat16, std_noise(1e-3))},
  };
  return all;
}

// ---- files

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

/// Written aside and renamed: a broken run leaves no half file under the final name.
void write_file(const std::filesystem::path& path, const Bytes& bytes) {
  const std::filesystem::path part = path.string() + ".part";
  std::ofstream out(part, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw std::runtime_error("cannot write " + part.string());
  std::filesystem::rename(part, path);
}

void make(const std::filesystem::path& folder, const std::set<std::string>& only) {
  for (const Recipe& recipe : recipes()) {
    if (!only.empty() && only.count(recipe.name) == 0) continue;
    std::printf("%s\n", recipe.name);
    std::fflush(stdout);
    Prng prng = Prng(kSeed).split(recipe.name);
    const Pair pair = recipe.make(read_file(folder / recipe.base), prng);
    write_file(folder / (std::string(recipe.name) + ".old"), pair.old_file);
    write_file(folder / (std::string(recipe.name) + ".new"), pair.new_file);
  }
  if (only.count(kLargePair) != 0) write_large_pair(folder);
}

}  // namespace
}  // namespace flotilla::bench

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: make_synthetic DIR [PAIR...]\n");
    return 2;
  }
  try {
    flotilla::bench::make(argv[1], {argv + 2, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_synthetic: %s\n", error.what());
    return 1;
  }
}
