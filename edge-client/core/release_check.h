#pragma once

#include "edge-client/core/boot_record.h"
#include "edge-client/core/context.h"

namespace flotilla::edge {

/// Every check of an offer, in the order of docs/spec/protocol.md; nothing is written before all of
/// them hold (kNone). At most 2 * kMaxSignatures + kMaxApprovals verifications.
///
/// `final`: the refused part carries the signatures of this very transfer and release, so another
/// copy of the message would be refused as well. Otherwise the message may have been tampered with
/// or be out of date, and asking again can help.
Reason check_offer(Context& context, uint8_t model, TransferId transfer, const TransferOffer& offer,
                   const ModelRecord& record, bool& final);

/// What the device keeps of a release manifest.
Image image_of(const ReleaseManifest& release, const Digest& release_digest);

}  // namespace flotilla::edge
