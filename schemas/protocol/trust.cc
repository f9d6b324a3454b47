#include "schemas/protocol/trust.h"

namespace flotilla {
namespace {

uint64_t first_u64(const Digest& digest) {
  return load_u64_be(digest.bytes.data());
}

}  // namespace

std::string_view signing_prefix(SignedKind kind) {
  using std::literals::operator""sv;
  switch (kind) {
    case SignedKind::kKeyset:
      return "flotilla/v1/keyset\n"sv;
    case SignedKind::kRelease:
      return "flotilla/v1/release\n"sv;
    case SignedKind::kTransfer:
      return "flotilla/v1/transfer\n"sv;
    case SignedKind::kDirective:
      return "flotilla/v1/directive\n"sv;
    case SignedKind::kAttestation:
      return "flotilla/v1/attestation\n"sv;
    case SignedKind::kApproval:
      return "flotilla/v1/approval\n"sv;
    case SignedKind::kCheckpoint:
      return "flotilla/v1/checkpoint\n"sv;
  }
  return "flotilla/v1/unknown\n"sv;
}

Digest signing_digest(Hasher& hasher, SignedKind kind, Bytes signed_bytes) {
  return hasher.sha256({as_bytes(signing_prefix(kind)), signed_bytes});
}

Digest transfer_digest(Hasher& hasher, const TransferManifest& manifest) {
  uint8_t numbers[8 + 4 + 4 + 1 + 4];
  store_u64_le(numbers, manifest.payload_size);
  store_u32_le(numbers + 8, manifest.chunk_count);
  store_u32_le(numbers + 12, manifest.chunk_max);
  numbers[16] = static_cast<uint8_t>(manifest.codec);
  store_u32_le(numbers + 17, manifest.decoder_memory);
  return hasher.sha256({as_bytes("flotilla/v1/transfer-id\n"), manifest.release_digest.view(),
                        manifest.base_digest.view(), manifest.merkle_root.view(), numbers});
}

TransferId transfer_id(const Digest& transfer_digest) {
  return first_u64(transfer_digest);
}

KeyId key_id(Hasher& hasher, const PublicKey& key) {
  return first_u64(hasher.sha256({key}));
}

uint32_t cohort_position(Hasher& hasher, const std::array<uint8_t, 16>& salt,
                         std::string_view device) {
  return load_u32_be(hasher.sha256({salt, as_bytes(device)}).bytes.data());
}

bool in_cohort(const Directive& directive, uint32_t position, std::string_view site) {
  for (const CohortTerm& term : directive.cohort) {
    const bool here = term.site.empty() || term.site == site;
    if (here && position >= term.low && position <= term.high) return true;
  }
  return false;
}

uint16_t device_shard(Hasher& hasher, std::string_view device) {
  const uint16_t first = load_u16_be(hasher.sha256({as_bytes(device)}).bytes.data());
  return static_cast<uint16_t>(first >> (16 - kShardBits));
}

}  // namespace flotilla
