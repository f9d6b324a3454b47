#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schemas/base/bytes.h"

/// Codec 1 decoded in the plainest way, from the text of delta_stream.h alone (it shares no code
/// with the encoder or the device): the referee of encoder tests.
namespace flotilla::testing {

class ReferenceDecoder {
 public:
  ReferenceDecoder(Bytes base, Bytes payload, uint64_t output_offset)
      : base_(base), payload_(payload), offset_(output_offset), cursor_(int64_t(output_offset)) {
    for (int i = 0; i < 4; ++i) code_ = code_ << 8 | take();
  }

  /// The chunk's output; none when the payload is malformed.
  std::optional<std::string> decode(uint64_t length) {
    while (out_.size() < length) {
      if (!operation(length - out_.size())) return std::nullopt;
    }
    if (payload_.size() > consumed_) return std::nullopt;  // bytes left over
    return out_;
  }

 private:
  using Tree = std::vector<uint32_t>;

  uint32_t take() {
    const uint64_t at = consumed_++;
    return at < payload_.size() ? payload_[at] : 0u;
  }
  void normalize() {
    if (range_ < (1u << 24)) {
      range_ *= 256;
      code_ = code_ * 256 + take();
    }
  }
  uint32_t bit(uint32_t& p) {
    const uint32_t bound = range_ / 2048 * p;
    uint32_t result = 0;
    if (code_ < bound) {
      range_ = bound;
      p += (2048 - p) / 32;
    } else {
      code_ -= bound;
      range_ -= bound;
      p -= p / 32;
      result = 1;
    }
    normalize();
    return result;
  }
  uint32_t half() {
    range_ /= 2;
    uint32_t result = 0;
    if (code_ >= range_) {
      code_ -= range_;
      result = 1;
    }
    normalize();
    return result;
  }
  uint32_t tree(Tree& t, int bits) {
    uint32_t node = 1;
    for (int i = 0; i < bits; ++i) node = node * 2 + bit(t[node]);
    return node - (1u << bits);
  }
  std::optional<uint64_t> number(Tree& t) {
    const uint32_t width = tree(t, 6);
    if (width > 32) return std::nullopt;
    uint64_t n = 1;
    for (uint32_t i = 0; i < width; ++i) n = n * 2 + half();
    return n;
  }
  bool operation(uint64_t room) {
    const uint32_t kind = tree(op_[previous_], 2);
    previous_ = kind;
    const auto length = number(length_);
    if (!length || *length > room) return false;
    if (kind >= 2) {
      for (uint64_t i = 0; i < *length; ++i) out_.push_back(char(kind == 3 ? raw() : symbol(1)));
      cursor_ += int64_t(*length);
      return true;
    }
    const auto distance = number(distance_);
    if (!distance) return false;
    const uint64_t z = *distance - 1;
    const int64_t from = cursor_ + (z % 2 == 0 ? int64_t(z / 2) : -int64_t(z / 2) - 1);
    if (from < 0 || uint64_t(from) + *length > base_.size()) return false;
    for (uint64_t i = 0; i < *length; ++i) {
      const uint32_t was = base_[uint64_t(from) + i];
      out_.push_back(char(kind == 0 ? was : was + symbol(0)));
    }
    cursor_ = from + int64_t(*length);
    return true;
  }
  uint32_t symbol(size_t kind) { return tree(byte_[kind][(offset_ + out_.size()) % 4], 8); }
  uint32_t raw() {
    uint32_t value = 0;
    for (int i = 0; i < 8; ++i) value = value * 2 + half();
    return value;
  }

  Bytes base_;
  Bytes payload_;
  uint64_t offset_;
  int64_t cursor_;
  uint32_t range_ = 0xFFFFFFFF;
  uint32_t code_ = 0;
  uint64_t consumed_ = 0;
  uint32_t previous_ = 0;
  std::vector<Tree> op_ = std::vector<Tree>(4, Tree(4, 1024));
  Tree length_ = Tree(64, 1024);
  Tree distance_ = Tree(64, 1024);
  std::vector<std::vector<Tree>> byte_ =
      std::vector<std::vector<Tree>>(2, std::vector<Tree>(4, Tree(256, 1024)));
  std::string out_;
};

}  // namespace flotilla::testing
