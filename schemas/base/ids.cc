#include "schemas/base/ids.h"

namespace flotilla {
namespace {

bool is_word(std::string_view text, size_t limit) {
  if (text.empty() || text.size() > limit) return false;
  for (char c : text) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!allowed) return false;
  }
  return true;
}

}  // namespace

bool is_valid_name(std::string_view text) {
  return is_word(text, kMaxName);
}
bool is_valid_device_id(std::string_view text) {
  return is_word(text, kMaxDeviceId);
}

}  // namespace flotilla
