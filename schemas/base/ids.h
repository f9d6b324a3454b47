#pragma once

#include <cstdint>
#include <string_view>

#include "schemas/base/fixed_string.h"

namespace flotilla {

inline constexpr size_t kMaxName = 32;
inline constexpr size_t kMaxDeviceId = 64;

/// Name of a model, hardware class or site: [a-z0-9_-]{1,32}.
using Name = FixedString<kMaxName>;
/// Name of a device (its certificate's common name): [a-z0-9_-]{1,64}. Without a dot, which service
/// identities contain, so that no device can enrol itself into a service's rights.
using DeviceId = FixedString<kMaxDeviceId>;

bool is_valid_name(std::string_view text);
bool is_valid_device_id(std::string_view text);

}  // namespace flotilla
