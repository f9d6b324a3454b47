#pragma once

#include <algorithm>
#include <vector>

#include "edge-client/core/applier.h"
#include "tests/support/delta_reference.h"

/// The device's applier over memory that knows its borders.
namespace flotilla::testing {

/// Two slots: the base, and an output of which only one range may be touched: erased at first,
/// written once, in order, and read only where it was written.
class BorderedStorage final : public edge::SlotStorage {
 public:
  BorderedStorage(Bytes base, uint64_t offset, uint32_t length)
      : base_(base.begin(), base.end()), offset_(offset), output_(length, 0xFF) {}
  ~BorderedStorage() = default;

  edge::SlotGeometry geometry(uint8_t) override { return {UINT32_MAX, 1, 1}; }
  Status begin(uint8_t, edge::Slot, uint64_t) override { return breach(); }
  bool can_resume(uint8_t, edge::Slot, uint64_t) override { return false; }
  Status erase(uint8_t, edge::Slot, uint64_t, uint64_t) override { return breach(); }
  Status write(uint8_t, edge::Slot slot, uint64_t offset, Bytes bytes) override {
    if (fails == "write") return {Code::kUnavailable, "fault"};
    if (slot != edge::Slot::kB || offset != offset_ + written_) return breach();
    if (bytes.size() > output_.size() - written_) return breach();
    std::copy(bytes.begin(), bytes.end(), output_.begin() + static_cast<int64_t>(written_));
    written_ += bytes.size();
    write_sizes.push_back(bytes.size());
    return ok_status();
  }
  Status read(uint8_t, edge::Slot slot, uint64_t offset, MutableBytes out) override {
    if (fails == "read") return {Code::kUnavailable, "fault"};
    const bool base = slot == edge::Slot::kA;
    const Bytes from = base ? Bytes(base_) : Bytes(output_).first(written_);
    const uint64_t begin = base ? 0 : offset_;
    if (slot == edge::Slot::kNone || offset < begin || offset - begin > from.size() ||
        out.size() > from.size() - (offset - begin)) {
      return breach();
    }
    copy(from.subspan(offset - begin, out.size()), out);
    return ok_status();
  }
  Status sync(uint8_t, edge::Slot) override { return ok_status(); }

  /// Something touched what is not its own.
  bool was_breached() const { return breached_; }
  size_t written() const { return written_; }
  std::vector<uint8_t>& output() { return output_; }

  std::vector<size_t> write_sizes;
  std::string_view fails;  ///< "read" or "write": every such call

 private:
  Status breach() {
    breached_ = true;
    return {Code::kInternal, "breach"};
  }

  std::vector<uint8_t> base_;
  uint64_t offset_;
  std::vector<uint8_t> output_;
  size_t written_ = 0;
  bool breached_ = false;
};

/// Runs the applier once, in memory with canaries on both sides.
class DeltaBench {
 public:
  DeltaBench(Bytes base, uint64_t offset, uint32_t length, uint32_t memory)
      : job_{0,           base.empty() ? edge::Slot::kNone : edge::Slot::kA,
             base.size(), edge::Slot::kB,
             offset,      length},
        storage_(base, offset, length),
        memory_size_(memory),
        memory_(memory / 8 + 2 * kGuard + 1, kPattern) {}

  Status run(Bytes payload) {
    edge::Applier applier(storage_, memory());
    FLOTILLA_TRY(applier.run(job_, payload));
    return applier.verify_output();
  }
  /// The same in the words of the reference decoder.
  Verdict verdict(Bytes payload) {
    const Status status = run(payload);
    if (status.ok()) return Verdict::kAccepted;
    if (status.code() != Code::kDataLoss) return Verdict::kMalformed;
    return storage_.written() == 0 ? Verdict::kBaseDiffers : Verdict::kOutputDiffers;
  }
  bool kept_its_bounds() const {
    const uint8_t* const bytes = reinterpret_cast<const uint8_t*>(memory_.data());
    for (size_t i = 0; i < memory_.size() * 8; ++i) {
      const bool given = i >= kGuard * 8 && i < kGuard * 8 + memory_size_;
      if (!given && bytes[i] != static_cast<uint8_t>(kPattern)) return false;
    }
    return !storage_.was_breached();
  }
  BorderedStorage& storage() { return storage_; }

 private:
  static constexpr size_t kGuard = 32;
  static constexpr uint64_t kPattern = 0xC3C3C3C3C3C3C3C3u;

  MutableBytes memory() {
    return {reinterpret_cast<uint8_t*>(memory_.data() + kGuard), memory_size_};
  }

  edge::ApplyJob job_;
  BorderedStorage storage_;
  uint32_t memory_size_;
  std::vector<uint64_t> memory_;
};

}  // namespace flotilla::testing
