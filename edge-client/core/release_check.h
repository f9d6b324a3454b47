#pragma once

#include "edge-client/core/boot_record.h"
#include "edge-client/core/context.h"

namespace flotilla::edge {

/// Why an offer was refused.
struct OfferVerdict {
  Reason reason = Reason::kNone;
  /// The refused part carries the signatures of this very transfer and release, so another copy of
  /// the message would be refused as well. Otherwise the message may have been tampered with or be
  /// out of date, and asking again can help.
  bool final = false;
};

/// Every check of an offer, in the order of docs/spec/protocol.md; nothing is written before all of
/// them hold. At most 2 * kMaxSignatures verifications.
OfferVerdict check_offer(Context& context, uint8_t model, TransferId transfer,
                         const TransferOffer& offer, const ModelRecord& record);

/// What the device keeps of a release manifest.
Image image_of(const ReleaseManifest& release, const Digest& release_digest);

}  // namespace flotilla::edge
