#include "tests/support/edge_codec.h"

#include <bit>
#include <memory>

namespace flotilla::edge::test {
namespace {

using delta::Model;
using delta::Op;

/// LZMA's encoder: carries propagate through a cached byte, the first byte (always 0) is dropped,
/// trailing zeros are cut.
class RangeEncoder {
 public:
  void bit(uint16_t& probability, uint32_t value) {
    const uint32_t bound = (range_ >> delta::kProbabilityBits) * probability;
    if (value == 0) {
      range_ = bound;
      probability =
          static_cast<uint16_t>(probability + ((2048 - probability) >> delta::kAdaptationShift));
    } else {
      low_ += bound;
      range_ -= bound;
      probability = static_cast<uint16_t>(probability - (probability >> delta::kAdaptationShift));
    }
    normalize();
  }

  void tree(uint16_t* probabilities, int bits, uint32_t value) {
    uint32_t node = 1;
    for (int i = bits - 1; i >= 0; --i) {
      const uint32_t one = value >> i & 1;
      bit(probabilities[node], one);
      node = 2 * node + one;
    }
  }

  void direct(uint64_t value, uint32_t bits) {
    for (uint32_t i = bits; i-- > 0;) {
      range_ >>= 1;
      if (value >> i & 1) low_ += range_;
      normalize();
    }
  }

  void number(uint16_t* widths, uint64_t n) {
    const uint32_t width = static_cast<uint32_t>(std::bit_width(n)) - 1;
    tree(widths, delta::kWidthBits, width);
    direct(n - (uint64_t{1} << width), width);
  }

  std::vector<uint8_t> finish() {
    for (int i = 0; i < 5; ++i) shift_low();
    out_.erase(out_.begin());
    while (!out_.empty() && out_.back() == 0) out_.pop_back();
    return out_;
  }

 private:
  void normalize() {
    if (range_ >= delta::kNormalizeBelow) return;
    range_ <<= 8;
    shift_low();
  }

  void shift_low() {
    if (low_ < 0xFF000000u || low_ > UINT32_MAX) {
      const uint8_t carry = static_cast<uint8_t>(low_ >> 32);
      do {
        out_.push_back(static_cast<uint8_t>(cache_ + carry));
        cache_ = 0xFF;
      } while (--cache_size_ > 0);
      cache_ = static_cast<uint8_t>(low_ >> 24);
    }
    ++cache_size_;
    low_ = (low_ & 0x00FFFFFF) << 8;
  }

  uint64_t low_ = 0;
  uint32_t range_ = UINT32_MAX;
  uint8_t cache_ = 0;
  uint64_t cache_size_ = 1;
  std::vector<uint8_t> out_;
};

/// Straight from the text of the format.
class ReferenceInput {
 public:
  explicit ReferenceInput(Bytes payload) : payload_(payload) {
    for (int i = 0; i < 4; ++i) code_ = code_ << 8 | next();
  }
  uint32_t bit(uint16_t& p) {
    const uint32_t bound = (range_ >> 11) * p;
    uint32_t value = 0;
    if (code_ < bound) {
      range_ = bound;
      p = static_cast<uint16_t>(p + ((2048 - p) >> 5));
    } else {
      value = 1;
      code_ -= bound;
      range_ -= bound;
      p = static_cast<uint16_t>(p - (p >> 5));
    }
    normalize();
    return value;
  }
  uint32_t tree(uint16_t* p, int bits) {
    uint32_t node = 1;
    for (int i = 0; i < bits; ++i) node = 2 * node + bit(p[node]);
    return node - (1u << bits);
  }
  uint64_t uncoded(uint32_t bits) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < bits; ++i) {
      range_ >>= 1;
      value <<= 1;
      if (code_ >= range_) {
        code_ -= range_;
        value |= 1;
      }
      normalize();
    }
    return value;
  }
  std::optional<uint64_t> number(uint16_t* widths) {
    const uint32_t width = tree(widths, 6);
    if (width > 32) return std::nullopt;
    return (uint64_t{1} << width) + uncoded(width);
  }
  bool longer_than_needed() const { return used_ < payload_.size(); }

 private:
  uint8_t next() {
    const size_t at = used_++;
    return at < payload_.size() ? payload_[at] : 0;
  }
  void normalize() {
    if (range_ >= 1u << 24) return;
    range_ <<= 8;
    code_ = code_ << 8 | next();
  }

  Bytes payload_;
  size_t used_ = 0;
  uint32_t range_ = UINT32_MAX;
  uint32_t code_ = 0;
};

}  // namespace

std::vector<uint8_t> encode_ops(Bytes base, Bytes target, CodecRange range,
                                const std::vector<CodecOp>& ops) {
  auto model = std::make_unique<Model>();
  model->reset();
  RangeEncoder out;
  Op previous = Op::kCopy;
  uint64_t at = range.offset;
  int64_t cursor = static_cast<int64_t>(range.offset);
  for (const CodecOp& op : ops) {
    out.tree(model->op[static_cast<size_t>(previous)], delta::kOpBits,
             static_cast<uint32_t>(op.kind));
    out.number(model->length_width, op.length);
    if (op.kind == Op::kCopy || op.kind == Op::kAdd) {
      const int64_t start = static_cast<int64_t>(op.base_offset);
      out.number(model->distance_width, delta::zigzag(start - cursor) + 1);
      cursor = start;
    }
    cursor += op.length;
    for (uint32_t i = 0; i < op.length && op.kind != Op::kCopy; ++i) {
      const uint64_t position = at + i;
      uint8_t symbol = target[position];
      if (op.kind == Op::kAdd) symbol = static_cast<uint8_t>(symbol - base[op.base_offset + i]);
      if (op.kind == Op::kRaw) {
        out.direct(symbol, 8);
      } else {
        auto& lanes = model->byte[op.kind == Op::kAdd ? 0 : 1];
        out.tree(lanes[position % delta::kLanes], 8, symbol);
      }
    }
    at += op.length;
    previous = op.kind;
  }
  return out.finish();
}

std::vector<uint8_t> encode_full(Bytes target, CodecRange range) {
  return encode_ops({}, target, range, {{Op::kLiteral, range.length, 0}});
}

std::vector<uint8_t> encode_delta(Bytes base, Bytes target, CodecRange range) {
  std::vector<CodecOp> ops;
  const uint64_t end = range.offset + range.length;
  for (uint64_t at = range.offset; at < end; ++at) {
    Op kind = Op::kLiteral;
    if (at < base.size()) kind = base[at] == target[at] ? Op::kCopy : Op::kAdd;
    if (ops.empty() || ops.back().kind != kind) ops.push_back({kind, 0, at});
    ++ops.back().length;
  }
  return encode_ops(base, target, range, ops);
}

std::optional<std::vector<uint8_t>> reference_decode(Bytes base, CodecRange range, Bytes payload) {
  auto model = std::make_unique<Model>();
  model->reset();
  ReferenceInput input(payload);
  std::vector<uint8_t> out;
  Op previous = Op::kCopy;
  int64_t expected = static_cast<int64_t>(range.offset);
  while (out.size() < range.length) {
    const Op kind = static_cast<Op>(input.tree(model->op[static_cast<size_t>(previous)], 2));
    const auto length = input.number(model->length_width);
    if (!length || *length > range.length - out.size()) return std::nullopt;
    int64_t from = 0;
    if (kind == Op::kCopy || kind == Op::kAdd) {
      const auto distance = input.number(model->distance_width);
      if (!distance) return std::nullopt;
      from = expected + delta::unzigzag(*distance - 1);
      const int64_t to = from + static_cast<int64_t>(*length);
      if (from < 0 || to > static_cast<int64_t>(base.size())) return std::nullopt;
      expected = from;
    }
    for (uint64_t i = 0; i < *length; ++i) {
      const size_t lane = (range.offset + out.size()) % 4;
      const uint8_t old =
          kind == Op::kCopy || kind == Op::kAdd ? base[static_cast<size_t>(from) + i] : uint8_t{0};
      uint32_t byte = old;
      if (kind == Op::kAdd) byte += input.tree(model->byte[0][lane], 8);
      if (kind == Op::kLiteral) byte = input.tree(model->byte[1][lane], 8);
      if (kind == Op::kRaw) byte = static_cast<uint32_t>(input.uncoded(8));
      out.push_back(static_cast<uint8_t>(byte));
    }
    expected += static_cast<int64_t>(*length);
    previous = kind;
  }
  if (input.longer_than_needed()) return std::nullopt;
  return out;
}

}  // namespace flotilla::edge::test
