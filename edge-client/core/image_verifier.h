#pragma once

#include "edge-client/ports/crypto.h"
#include "edge-client/ports/slot_storage.h"

namespace flotilla::edge {

/// SHA-256 over what the storage returns, in slices. Uses the crypto port's running hash, so
/// nothing else may use it between begin() and the end.
class ImageVerifier {
 public:
  static constexpr uint32_t kSlice = 32 * 1024;

  /// Images end below 2^31.
  struct Range {
    uint8_t model;
    Slot slot;
    uint32_t offset;
    uint32_t length;
  };

  void begin(Crypto& crypto, const Range& range);
  /// Hashes one slice, reading through `buffer`. `done` is set at the end, and then `digest`.
  Status step(Crypto& crypto, SlotStorage& storage, MutableBytes buffer, bool& done,
              Digest& digest);

  /// A whole range at once.
  static Status measure(Crypto& crypto, SlotStorage& storage, MutableBytes buffer,
                        const Range& range, Digest& digest);

 private:
  Range range_{};
};

}  // namespace flotilla::edge
