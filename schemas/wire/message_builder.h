#pragma once

#include <flatbuffers/flatbuffers.h>

#include "generated/common_generated.h"
#include "schemas/base/assert.h"
#include "schemas/base/bytes.h"
#include "schemas/base/digest.h"
#include "schemas/base/fixed_string.h"
#include "schemas/base/status.h"

/// What the encoders share: a FlatBufferBuilder that lives in a fixed arena and never grows.
namespace flotilla::wire {

/// Hands out the arena once. FlatBufferBuilder would reallocate when it is full, which Bound makes
/// impossible: it is checked before the first byte is written, so growing is a defect and stops.
class ArenaAllocator final : public flatbuffers::Allocator {
 public:
  explicit ArenaAllocator(MutableBytes arena) : arena_(arena) {}

  uint8_t* allocate(size_t size) override {
    FLOTILLA_ASSERT(size <= arena_.size());
    return arena_.data();
  }
  void deallocate(uint8_t*, size_t) override {}
  uint8_t* reallocate_downward(uint8_t*, size_t, size_t, size_t, size_t) override {
    __builtin_trap();
  }

 private:
  MutableBytes arena_;
};

/// Upper bound of the arena that a message takes: the encoded bytes, and the builder's scratch (8
/// bytes for each field of the open table, 4 for each table's vtable). Generous: every field counts
/// as 8 bytes, and every table as if it had a vtable of its own.
class Bound {
 public:
  Bound& text(std::string_view text) { return add(text.size() + 4 + 1 + 3); }
  Bound& bytes(Bytes bytes) { return add(bytes.size() + 4 + 7 + 7); }
  Bound& table(size_t fields, size_t digests = 0) {
    const size_t vtable = 4 + 2 * fields + 4;
    return add(4 + vtable + 8 * fields + Digest::kSize * digests + 16);
  }
  /// Of `count` offsets.
  Bound& vector(size_t count) { return add(4 * count + 8); }
  size_t total() const { return total_; }

 private:
  Bound& add(size_t size) {
    total_ += size;
    return *this;
  }

  static constexpr size_t kRoot = 4 + 4 + 16;    // offset, identifier, padding
  static constexpr size_t kMaxTableFields = 24;  // of the largest table
  static constexpr size_t kScratch = 8 * kMaxTableFields + 8;
  size_t total_ = kRoot + kScratch;
};

using TextOffset = flatbuffers::Offset<flatbuffers::String>;
using BytesOffset = flatbuffers::Offset<flatbuffers::Vector<uint8_t>>;

/// One message under construction. Call ready() before anything else.
class MessageBuilder {
 public:
  explicit MessageBuilder(MutableBytes arena)
      : arena_(aligned(arena)), allocator_(arena_), fbb_(arena_.size(), &allocator_, false, 8) {}

  Status ready(const Bound& bound) const {
    if (bound.total() <= arena_.size()) return ok_status();
    return Status(Code::kResourceExhausted, "encoder arena is too small for the message");
  }

  flatbuffers::FlatBufferBuilder& fbb() { return fbb_; }

  /// Empty text and bytes are left out.
  TextOffset text(std::string_view text) {
    return text.empty() ? TextOffset() : fbb_.CreateString(text.data(), text.size());
  }
  BytesOffset bytes(Bytes bytes, size_t alignment = 1) {
    if (bytes.empty()) return BytesOffset();
    fbb_.ForceVectorAlignment(bytes.size(), 1, alignment);
    return fbb_.CreateVector(bytes.data(), bytes.size());
  }
  template <typename T>
  auto vector(const flatbuffers::Offset<T>* offsets, size_t count) {
    using Rows = flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<T>>>;
    return count == 0 ? Rows() : fbb_.CreateVector(offsets, count);
  }

  /// Copies the finished message, of at most `limit` bytes, to the front of `out`.
  template <typename T>
  Result<size_t> finish(flatbuffers::Offset<T> root, const char* identifier, size_t limit,
                        MutableBytes out) {
    fbb_.Finish(root, identifier);
    const Bytes encoded(fbb_.GetBufferPointer(), fbb_.GetSize());
    if (encoded.size() > limit)
      return Status(Code::kResourceExhausted, "encoded message exceeds its limit");
    if (encoded.size() > out.size())
      return Status(Code::kResourceExhausted, "output buffer is too small for the message");
    copy(encoded, out);
    return encoded.size();
  }

 private:
  /// The builder writes downwards from the end of its buffer: both ends at multiples of 8.
  static MutableBytes aligned(MutableBytes arena) {
    const size_t skip = (8 - reinterpret_cast<uintptr_t>(arena.data()) % 8) % 8;
    if (arena.size() < skip + 8) return {};
    return arena.subspan(skip, (arena.size() - skip) & ~size_t{7});
  }

  MutableBytes arena_;
  ArenaAllocator allocator_;
  flatbuffers::FlatBufferBuilder fbb_;
};

/// A digest as it stands in a table; null, and so absent, when there is none.
class DigestField {
 public:
  explicit DigestField(const Digest& digest)
      : none_(digest.is_none()),
        value_(flatbuffers::span<const uint8_t, Digest::kSize>(digest.bytes)) {}
  const fb::Digest* get() const { return none_ ? nullptr : &value_; }

 private:
  bool none_;
  fb::Digest value_;
};

}  // namespace flotilla::wire
