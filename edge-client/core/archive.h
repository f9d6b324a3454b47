#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "schemas/base/bytes.h"
#include "schemas/base/digest.h"
#include "schemas/base/fixed_string.h"
#include "schemas/base/time.h"

namespace flotilla::edge {

/// Moves fixed-width little-endian fields to or from a buffer. One description of a record serves
/// both directions, so the two cannot disagree, and the code is there once.
class Archive {
 public:
  enum class Mode : uint8_t { kLoad, kStore };

  Archive(MutableBytes buffer, Mode mode) : buffer_(buffer), mode_(mode) {}

  /// False once a field lay outside the buffer or a loaded value outside its range.
  bool ok() const { return ok_; }
  bool loading() const { return mode_ == Mode::kLoad; }
  size_t position() const { return position_; }

  // Each returns the archive, so that a record's fields are one chain.
  Archive& u8(uint8_t& value) { return bytes({&value, 1}); }
  Archive& u32(uint32_t& value);
  Archive& u64(uint64_t& value);
  Archive& bytes(MutableBytes value);
  Archive& digest(Digest& value);
  Archive& time(WallTime& value);
  Archive& flag(bool& value);

  /// An enumeration whose values are 0..last.
  template <typename Enum>
  Archive& one_of(Enum& value, Enum last) {
    static_assert(sizeof value == 1);
    return choice(reinterpret_cast<uint8_t&>(value), static_cast<uint8_t>(last));
  }

  template <size_t N>
  Archive& text(FixedString<N>& value) {
    static_assert(N <= 255);
    char chars[N] = {};
    const size_t size = text({chars, N}, value.view());
    if (loading()) (void)value.assign({chars, size});  // at most N
    return *this;
  }

 private:
  struct Chars {
    char* data;
    size_t capacity;
  };

  Archive& choice(uint8_t& value, uint8_t last);
  size_t text(Chars chars, std::string_view value);
  uint8_t* take(size_t size);

  MutableBytes buffer_;
  size_t position_ = 0;
  Mode mode_;
  bool ok_ = true;
};

}  // namespace flotilla::edge
