#pragma once

#include <cstdint>
#include <string>

namespace flotilla::sim {

/// The image of a hardware class: version 1 is noise, each later one the one before with a share of
/// its 64-byte blocks changed. The same seed gives the same bytes.
std::string image_bytes(uint64_t seed, const std::string& hardware_class, uint32_t version,
                        size_t size, uint32_t change_percent);

}  // namespace flotilla::sim
