#include "edge-client/core/image_verifier.h"

#include <algorithm>

namespace flotilla::edge {

void ImageVerifier::begin(Crypto& crypto, const Range& range) {
  range_ = range;
  crypto.hash_begin();
}

Status ImageVerifier::step(Crypto& crypto, SlotStorage& storage, MutableBytes buffer, bool& done,
                           Digest& digest) {
  uint32_t slice = std::min(range_.length, kSlice);
  while (slice > 0) {
    const uint32_t size = static_cast<uint32_t>(std::min<size_t>(slice, buffer.size()));
    const MutableBytes piece = buffer.first(size);
    FLOTILLA_TRY(storage.read(range_.model, range_.slot, range_.offset, piece));
    crypto.hash_update(piece);
    range_.offset += size;
    range_.length -= size;
    slice -= size;
  }
  done = range_.length == 0;
  if (done) digest = crypto.hash_end();
  return ok_status();
}

Status ImageVerifier::measure(Crypto& crypto, SlotStorage& storage, MutableBytes buffer,
                              const Range& range, Digest& digest) {
  ImageVerifier verifier;
  verifier.begin(crypto, range);
  for (bool done = false; !done;) {
    FLOTILLA_TRY(verifier.step(crypto, storage, buffer, done, digest));
  }
  return ok_status();
}

}  // namespace flotilla::edge
