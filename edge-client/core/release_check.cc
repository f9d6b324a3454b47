#include "edge-client/core/release_check.h"

#include "schemas/protocol/delta/memory.h"
#include "schemas/protocol/trust.h"

namespace flotilla::edge {
namespace {

constexpr ModelBits bit_of(uint8_t model) {
  return static_cast<ModelBits>(1 << model);
}

/// The transfer is the one that the directive names, the release is the transfer's, and both are
/// signed by keys of the right role. kNotDelegated when all of that holds.
Reason check_authenticity(Context& context, uint8_t model, TransferId transfer,
                          const TransferOffer& offer) {
  Crypto& crypto = context.ports.crypto;
  const Envelope& carrier = offer.transfer.envelope;
  const Envelope& release = offer.release.envelope;
  if (carrier.kind != SignedKind::kTransfer || release.kind != SignedKind::kRelease) {
    return Reason::kBadSignature;
  }
  if (transfer_id(transfer_digest(crypto, offer.transfer.value)) != transfer) {
    return Reason::kManifestMismatch;
  }
  const Digest signed_transfer =
      signing_digest(crypto, SignedKind::kTransfer, carrier.signed_bytes);
  const Digest signed_release = signing_digest(crypto, SignedKind::kRelease, release.signed_bytes);
  const Reason director = context.trust.check(crypto, carrier, kRoleDirector, signed_transfer);
  if (director != Reason::kNone) return director;
  const Reason releaser =
      context.trust.check(crypto, release, kRoleRelease, signed_release, bit_of(model));
  if (releaser != Reason::kNone && releaser != Reason::kNotDelegated) return releaser;
  const bool paired = signed_release == offer.transfer.value.release_digest;
  return paired ? releaser : Reason::kManifestMismatch;
}

Reason check_release(const Context& context, uint8_t model, const ReleaseManifest& release,
                     const ModelRecord& record) {
  if (!(release.hardware_class == context.config.hardware_class)) return Reason::kWrongClass;
  if (!(release.model == context.config.models[model])) return Reason::kManifestMismatch;
  if (release.security_counter < record.floor) return Reason::kBelowFloor;
  if (release.image_digest != record.intent.image) return Reason::kManifestMismatch;
  const uint64_t slot_size = context.ports.storage.geometry(model).size;
  const bool fits = release.image_size <= slot_size && release.image_size <= kMaxImageSize;
  if (!fits) return Reason::kImageTooLarge;
  return release.image_size == 0 ? Reason::kManifestMismatch : Reason::kNone;
}

Reason check_limits(const Context& context, const TransferManifest& transfer,
                    const ModelRecord& record) {
  const bool full = transfer.base_digest.is_none();
  if (!full && transfer.base_digest != record.active.digest) return Reason::kManifestMismatch;
  if (transfer.chunk_count == 0) return Reason::kManifestMismatch;
  if (transfer.chunk_count > kMaxChunks) return Reason::kImageTooLarge;
  if (transfer.codec != Codec::kWeights) return Reason::kUnknownCodec;
  const bool memory = transfer.chunk_max <= context.config.chunk_max &&
                      transfer.decoder_memory >= delta::decoder_memory(delta::kSmallProfile) &&
                      transfer.decoder_memory <= context.config.decoder_memory_limit;
  return memory ? Reason::kNone : Reason::kDecoderMemory;
}

bool is_approved(Context& context, uint8_t model, const TransferOffer& offer) {
  const TrustedKeys& keys = context.trust.keys();
  const uint8_t needed = keys.approvals[model];
  if (needed == 0) return true;
  const Digest& release = offer.transfer.value.release_digest;
  return count_approvals(context.ports.crypto, keys, offer.approvals, release, bit_of(model)) >=
         needed;
}

bool golden_matches(Crypto& crypto, const TransferOffer& offer) {
  const Digest& wanted = offer.release.value.golden_digest;
  if (wanted.is_none()) return offer.golden.empty();
  return crypto.sha256({offer.golden}) == wanted;
}

}  // namespace

Reason check_offer(Context& context, uint8_t model, TransferId transfer, const TransferOffer& offer,
                   const ModelRecord& record, bool& final) {
  final = false;
  const TransferManifest& carrier = offer.transfer.value;
  Reason reason = check_authenticity(context, model, transfer, offer);
  if (reason != Reason::kNone && reason != Reason::kNotDelegated) return reason;
  final = true;
  if (carrier.release_digest != record.intent.release) return Reason::kManifestMismatch;
  final = !context.trust.keys().stale;  // the same keyset once more may tell otherwise
  if (reason != Reason::kNone) return reason;
  final = true;
  reason = check_release(context, model, offer.release.value, record);
  if (reason == Reason::kNone) reason = check_limits(context, carrier, record);
  if (reason != Reason::kNone) return reason;
  final = false;
  if (carrier.expires <= context.trust.now()) return Reason::kExpired;
  if (!golden_matches(context.ports.crypto, offer)) return Reason::kManifestMismatch;
  return is_approved(context, model, offer) ? Reason::kNone : Reason::kNotApproved;
}

Image image_of(const ReleaseManifest& release, const Digest& release_digest) {
  return {release.image_digest,
          release_digest,
          release.golden_digest,
          release.image_size,
          release.version,
          release.security_counter,
          false};
}

}  // namespace flotilla::edge
