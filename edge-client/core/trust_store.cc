#include "edge-client/core/trust_store.h"

namespace flotilla::edge {

void TrustStore::adopt(const TrustedKeys& keys) {
  if (keys.epoch != keys_.epoch) now_ = keys.issued;
  keys_ = keys;
  observe(keys.issued);
}

void TrustStore::observe(WallTime issued) {
  if (issued > now_) now_ = issued;
}

}  // namespace flotilla::edge
