#pragma once

#include "schemas/protocol/hasher.h"
#include "schemas/protocol/messages.h"

namespace flotilla {

/// Domain-separation prefix of a kind of signed bytes; never empty, never a prefix of another.
std::string_view signing_prefix(SignedKind kind);

/// SHA-256(prefix || signed bytes): what is signed, and the identity of a manifest. The release
/// digest is this value of a release manifest.
Digest signing_digest(Hasher& hasher, SignedKind kind, Bytes signed_bytes);

/// Identity of the bytes in flight: every field of the manifest but the expiry.
Digest transfer_digest(Hasher& hasher, const TransferManifest& manifest);
TransferId transfer_id(const Digest& transfer_digest);

KeyId key_id(Hasher& hasher, const PublicKey& key);

/// Position of a device in a rollout's hash order: first 32 bits of SHA-256(salt || device id).
uint32_t cohort_position(Hasher& hasher, const std::array<uint8_t, 16>& salt,
                         std::string_view device);
bool in_cohort(const Directive& directive, uint32_t position, std::string_view site);

/// First 10 bits of SHA-256(device id): fixed for ever.
uint16_t device_shard(Hasher& hasher, std::string_view device);

}  // namespace flotilla
