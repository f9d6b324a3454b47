#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "schemas/base/assert.h"

namespace flotilla {

/// Text of at most N bytes kept in place. Longer text is refused by assign() and cut by
/// assign_truncated(), which is for messages to people only.
template <size_t N>
class FixedString {
  static_assert(N <= UINT16_MAX);

 public:
  constexpr FixedString() = default;
  explicit FixedString(std::string_view text) { FLOTILLA_ASSERT(assign(text)); }

  static constexpr size_t capacity() { return N; }
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  std::string_view view() const { return {chars_.data(), size_}; }
  void clear() { size_ = 0; }

  [[nodiscard]] bool assign(std::string_view text) {
    if (text.size() > N) return false;
    set(text);
    return true;
  }

  /// Unlike with substr(), nothing here could throw.
  void assign_truncated(std::string_view text) {
    set({text.data(), text.size() < N ? text.size() : N});
  }

  [[nodiscard]] bool append(std::string_view text) {
    if (text.size() > N - size_) return false;
    for (size_t i = 0; i < text.size(); ++i) chars_[size_ + i] = text[i];
    size_ = static_cast<uint16_t>(size_ + text.size());
    return true;
  }

  friend bool operator==(const FixedString& a, const FixedString& b) { return a == b.view(); }
  friend bool operator==(const FixedString& a, std::string_view b) {
    return a.size_ == b.size() &&
           std::char_traits<char>::compare(a.chars_.data(), b.data(), a.size_) == 0;
  }

 private:
  void set(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) chars_[i] = text[i];
    size_ = static_cast<uint16_t>(text.size());
  }

  std::array<char, N> chars_{};
  uint16_t size_ = 0;
};

}  // namespace flotilla
