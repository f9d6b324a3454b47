#pragma once

#include <filesystem>

namespace flotilla::bench {

inline constexpr const char* kLargePair = "large_f16_1gib";

/// Writes `kLargePair`, two safetensors files of 1 GiB: 128 fp16 matrices of normal weights, each
/// weight of the new one + N(0, 10 % of the standard deviation). It measures the encoder's memory;
/// its size says nothing, since no training makes such weights. Holds one matrix at a time.
/// Throws std::runtime_error when a file cannot be written.
void write_large_pair(const std::filesystem::path& folder);

}  // namespace flotilla::bench
