#pragma once

#include <vector>

#include "edge-client/core/applier.h"
#include "tests/support/edge_codec.h"
#include "tests/support/edge_fakes.h"

namespace flotilla::edge::test {

/// Runs the applier over a base and an output range in fake storage.
class ApplyBench {
 public:
  explicit ApplyBench(Bytes base, CodecRange range, uint32_t window = delta::kWindowSize)
      : base_size_(base.size()),
        range_(range),
        window_(window),
        storage_(power_, breaches_, 1,
                 {std::max<uint64_t>(base.size(), range.offset + range.length) + 64, 1, 1}),
        memory_((sizeof(delta::Model) + 2 * window + kGuard) / 8 + 1, kPattern) {
    storage_.region(0, Slot::kA).preset(0, base);
    (void)storage_.begin(0, Slot::kB, range.offset + range.length);
    (void)storage_.erase(0, Slot::kB, range.offset, range.length);
  }

  Status run(Bytes payload) {
    uint8_t* const data = reinterpret_cast<uint8_t*>(memory_.data());
    Applier applier(storage_, {data, sizeof(delta::Model) + 2 * window_}, window_);
    const Slot base = base_size_ == 0 ? Slot::kNone : Slot::kA;
    return applier.run({0, base, base_size_, Slot::kB, range_.offset, range_.length}, payload);
  }

  std::vector<uint8_t> output() {
    const Bytes bytes = storage_.region(0, Slot::kB).bytes().subspan(range_.offset, range_.length);
    return {bytes.begin(), bytes.end()};
  }
  /// Bytes of the target outside the range are as begin() left them, and so is the memory after
  /// what the applier was given.
  bool kept_its_bounds() {
    if (!breaches_.empty() || memory_.back() != kPattern) return false;
    const Bytes bytes = storage_.region(0, Slot::kB).bytes();
    for (size_t i = 0; i < bytes.size(); ++i) {
      const bool inside = i >= range_.offset && i < range_.offset + range_.length;
      if (!inside && bytes[i] != 0xA5) return false;
    }
    return true;
  }
  FakeStorage& storage() { return storage_; }

 private:
  static constexpr size_t kGuard = 64;
  static constexpr uint64_t kPattern = 0xC3C3C3C3C3C3C3C3u;

  uint64_t base_size_;
  CodecRange range_;
  uint32_t window_;
  Power power_;
  Breaches breaches_;
  FakeStorage storage_;
  std::vector<uint64_t> memory_;
};

}  // namespace flotilla::edge::test
