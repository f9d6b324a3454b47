#include "tests/bench/delta/large_pair.h"

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "schemas/base/prng.h"
#include "tests/bench/delta/numbers.h"

namespace flotilla::bench {
namespace {

constexpr uint32_t kMatrices = 128;
constexpr size_t kSide = 2048;
constexpr size_t kMatrixBytes = kSide * kSide * 2;
constexpr double kDeviation = 0.02;
constexpr uint64_t kSeed = 20250714;

std::string matrix_name(uint32_t i) {
  return "layers." + std::to_string(i) + ".weight";
}

/// The safetensors header with its length before it.
std::string header() {
  std::string json = "{";
  for (uint32_t i = 0; i < kMatrices; ++i) {
    json.append(i == 0 ? "\"" : ",\"").append(matrix_name(i));
    json.append("\":{\"dtype\":\"F16\",\"shape\":[2048,2048],\"data_offsets\":[");
    json.append(std::to_string(i * kMatrixBytes)).append(",");
    json.append(std::to_string((i + 1) * kMatrixBytes)).append("]}");
  }
  json.append("}");
  while (json.size() % 8 != 0) json.append(" ");
  std::string length;
  for (unsigned shift = 0; shift < 64; shift += 8)
    length.push_back(static_cast<char>(uint64_t{json.size()} >> shift));
  return length + json;
}

/// One side: written aside and renamed when complete.
class Side {
 public:
  explicit Side(std::filesystem::path path)
      : path_(std::move(path)), out_(path_.string() + ".part", std::ios::binary) {
    out_ << header();
  }
  void add(const std::vector<uint16_t>& matrix) {
    out_.write(reinterpret_cast<const char*>(matrix.data()),
               static_cast<std::streamsize>(kMatrixBytes));
  }
  void finish() {
    out_.close();
    if (!out_) throw std::runtime_error("cannot write " + path_.string());
    std::filesystem::rename(path_.string() + ".part", path_);
  }

 private:
  std::filesystem::path path_;
  std::ofstream out_;
};

}  // namespace

void write_large_pair(const std::filesystem::path& folder) {
  Side old_side(folder / (std::string(kLargePair) + ".old"));
  Side new_side(folder / (std::string(kLargePair) + ".new"));
  std::vector<uint16_t> old_matrix(kSide * kSide);
  std::vector<uint16_t> new_matrix(kSide * kSide);
  for (uint32_t i = 0; i < kMatrices; ++i) {
    Prng weights = Prng(kSeed).split(matrix_name(i));
    Prng training = weights.split("training");
    for (size_t k = 0; k < old_matrix.size(); ++k) {
      const double value = kDeviation * gaussian(weights);
      old_matrix[k] = half_from_float(static_cast<float>(value));
      const double step = 0.1 * kDeviation * gaussian(training);
      new_matrix[k] = half_from_float(static_cast<float>(value + step));
    }
    old_side.add(old_matrix);
    new_side.add(new_matrix);
  }
  old_side.finish();
  new_side.finish();
}

}  // namespace flotilla::bench
