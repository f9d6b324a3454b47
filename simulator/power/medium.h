#pragma once

#include <cstdint>
#include <vector>

#include "schemas/base/bytes.h"
#include "schemas/base/prng.h"

namespace flotilla::edge::test {

/// Where the power fails within an operation on the medium.
enum class CutPoint : uint8_t { kBefore, kInside, kAfter };

/// What the cut does to bytes that were written or erased since the last sync of their region, and
/// to those in the middle of which it comes.
enum class Unsynced : uint8_t {
  kKept,
  kScrambled,  ///< anything may have become of them
  kNor,        ///< NOR flash: no cache; a torn byte has some of its bits cleared, or set by erasing
  kBlock,      ///< a block device's cache: each sector is written, or not, or its beginning is
};

/// The supply of every fake medium of one device: counts operations, and fails at a chosen one.
/// After the cut nothing reaches a medium any more and every call answers an error, until
/// restore().
class Power {
 public:
  /// The operation with this number (from 0, counted since the last call) is the last.
  void cut_at(uint64_t operation, CutPoint point, Unsynced unsynced, uint64_t seed);
  /// The same inside the operation, before its byte number `byte`.
  void cut_inside(uint64_t operation, size_t byte, Unsynced unsynced, uint64_t seed);
  void never_cut();
  /// Operations since the last cut_at() or never_cut().
  uint64_t operations() const { return operations_; }
  bool is_off() const { return off_; }
  void restore() { off_ = false; }
  void turn_off() { off_ = true; }

  enum class Verdict : uint8_t { kRun, kRefuse, kCutBefore, kCutInside, kCutAfter };
  /// Asked by a medium for each operation that changes it; `size`: bytes that it writes.
  Verdict next_operation(size_t size = 0);
  /// Bytes written by each operation since the last cut_at() or never_cut().
  const std::vector<size_t>& sizes() const { return sizes_; }
  /// Where the operation is torn that is cut inside.
  size_t torn_byte(size_t size);
  Unsynced unsynced() const { return unsynced_; }
  Prng& random() { return random_; }

 private:
  uint64_t operations_ = 0;
  uint64_t cut_ = UINT64_MAX;
  CutPoint point_ = CutPoint::kBefore;
  size_t byte_ = SIZE_MAX;  ///< SIZE_MAX: anywhere
  std::vector<size_t> sizes_;
  Unsynced unsynced_ = Unsynced::kKept;
  bool off_ = false;
  Prng random_{1};
};

/// One region of NOR flash with what survives a power cut apart from what only looks written.
class Region {
 public:
  explicit Region(size_t size) : durable_(size, 0xFF), current_(size, 0xFF) {}

  size_t size() const { return current_.size(); }
  Bytes bytes() const { return current_; }
  /// False when the power is or goes off.
  bool erase(Power& power, size_t offset, size_t length);
  bool write(Power& power, size_t offset, Bytes bytes);
  bool sync(Power& power);
  /// Not an operation: the starting state of a test.
  void preset(size_t offset, Bytes bytes);
  void fill_all(uint8_t value);

  /// Turns the unsynced bytes into what a reader finds after the cut.
  void lose_power(Power& power);

 private:
  bool change(Power& power, size_t offset, Bytes bytes, size_t written);
  /// Byte `at`, in the middle of becoming `wanted`.
  uint8_t torn(Power& power, size_t at, uint8_t wanted) const;

  std::vector<uint8_t> durable_;
  std::vector<uint8_t> current_;
};

}  // namespace flotilla::edge::test
