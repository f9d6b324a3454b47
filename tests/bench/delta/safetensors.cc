#include "tests/bench/delta/safetensors.h"

namespace flotilla::bench {
namespace {

std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (char c : name) {
    if (c == '"' || c == '\\') text.push_back('\\');
    text.push_back(c);
  }
  return text + "\"";
}

}  // namespace

void SafetensorsFile::add(const std::string& name, std::string_view dtype,
                          const std::vector<uint32_t>& shape, std::span<const uint8_t> bytes) {
  std::string dimensions;
  for (uint32_t dimension : shape) {
    if (!dimensions.empty()) dimensions += ',';
    dimensions += std::to_string(dimension);
  }
  const size_t start = data_.size();
  data_.insert(data_.end(), bytes.begin(), bytes.end());
  header_ += (header_.empty() ? "" : ",") + quoted(name) + ":{\"dtype\":\"" + std::string(dtype) +
             "\",\"shape\":[" + dimensions + "],\"data_offsets\":[" + std::to_string(start) + "," +
             std::to_string(data_.size()) + "]}";
}

std::vector<uint8_t> SafetensorsFile::finish() const {
  std::string header = "{" + header_ + "}";
  while (header.size() % 8 != 0) header += ' ';
  std::vector<uint8_t> file;
  for (unsigned shift = 0; shift < 64; shift += 8)
    file.push_back(static_cast<uint8_t>(uint64_t{header.size()} >> shift));
  file.insert(file.end(), header.begin(), header.end());
  file.insert(file.end(), data_.begin(), data_.end());
  return file;
}

}  // namespace flotilla::bench
