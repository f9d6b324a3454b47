#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flotilla::bench {

/// Builds a safetensors file: 8 bytes with the header's length, a JSON header padded with blanks to
/// a multiple of 8, the tensors' bytes in the order in which they were added.
class SafetensorsFile {
 public:
  void add(const std::string& name, std::string_view dtype, const std::vector<uint32_t>& shape,
           std::span<const uint8_t> bytes);
  std::vector<uint8_t> finish() const;

 private:
  std::string header_;
  std::vector<uint8_t> data_;
};

}  // namespace flotilla::bench
