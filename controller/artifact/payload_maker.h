#pragma once

#include <optional>

#include "controller/artifact/delta/encode_delta.h"
#include "controller/ports/payload_cache.h"

namespace flotilla::controller {

/// Makes payloads of one target, or takes them from the cache when the same was made before: same
/// base, target, codec and limits. A cached one is decoded and compared like a new one, so that
/// what rotted on the disk is never signed. Borrows everything.
class PayloadMaker {
 public:
  struct Parts {
    Hasher& hasher;
    PayloadCache& cache;
    Parallel& parallel;
    EncodeWatch watch;
  };

  PayloadMaker(const Parts& parts, const PayloadLimits& limits, Bytes target,
               const Digest& target_digest);

  /// From nothing, with an empty base and no digest. kUnavailable: there is too little memory.
  Result<Payload> make(Bytes base, const Digest& base_digest);

 private:
  Result<EncodedFile> encoded(Bytes base, const Digest& base_digest);
  Digest key(const Digest& base_digest) const;
  /// Nothing when there is none, or not a right one.
  std::optional<EncodedFile> recall(const Digest& key, Bytes base) const;
  void remember(const Digest& key, Bytes base, const Digest& base_digest,
                const EncodedFile& file) const;

  Parts parts_;
  PayloadLimits limits_;
  Bytes target_;
  Digest target_digest_;
  ModelFile target_model_;
};

}  // namespace flotilla::controller
