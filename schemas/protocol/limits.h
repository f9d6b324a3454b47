#pragma once

#include <cstddef>
#include <cstdint>

namespace flotilla {

/// Limits of the protocol, in one place; docs/spec/protocol.md gives the reasons. An integer from
/// the wire is compared with its limit before it is used.
inline constexpr size_t kMaxOffers = 8;
inline constexpr size_t kMaxCohortTerms = 16;
/// Revoked images that a directive names.
inline constexpr size_t kMaxRevoked = 8;
inline constexpr size_t kMaxKeys = 16;
inline constexpr size_t kMaxSignatures = 4;
inline constexpr size_t kMaxVersionLabel = 32;
inline constexpr size_t kMaxRuntimeRequirement = 64;
inline constexpr size_t kMaxReasonText = 160;
inline constexpr size_t kMaxApproverName = 32;
/// Approvals that an offer carries, and so the most that a keyset may ask for.
inline constexpr size_t kMaxApprovals = 4;
/// Bytes of a key's scopes: three of the longest.
inline constexpr size_t kMaxScopes = 200;
inline constexpr size_t kMaxApprovalRules = 8;
inline constexpr size_t kMaxTopicPrefix = 32;
inline constexpr size_t kMaxTopic = 200;

#ifndef FLOTILLA_MAX_MODELS
#define FLOTILLA_MAX_MODELS 4
#endif
/// Models a device can hold; a compile-time limit of the device build.
inline constexpr size_t kMaxModels = FLOTILLA_MAX_MODELS;
/// Models the wire format can carry in one report, whatever the device's build.
inline constexpr size_t kMaxReportedModels = 8;

/// Chunks a device asks for at a time: below the queue limits of the brokers that were measured.
inline constexpr uint32_t kGroupSize = 16;
/// Payload bytes of one chunk; smaller for microcontroller classes.
inline constexpr uint32_t kDefaultChunkMax = 16 * 1024;
inline constexpr uint32_t kChunkMaxLimit = 32 * 1024;
/// Everything in a chunk message that is not payload: identity, Merkle path, framing.
inline constexpr uint32_t kChunkOverhead = 512;
/// Output bytes of one chunk: bounds the work that one chunk can cause.
inline constexpr uint32_t kMaxChunkOutput = 4 * 1024 * 1024;
#ifndef FLOTILLA_MAX_CHUNKS
#define FLOTILLA_MAX_CHUNKS 16384
#endif
/// Chunks of one transfer that this build can track (one bit each on the device).
inline constexpr uint32_t kMaxChunks = FLOTILLA_MAX_CHUNKS;
/// Largest installed image: base offsets stay below 2^31, so that a signed distance fits 32 bits.
inline constexpr uint64_t kMaxImageSize = (uint64_t{1} << 31) - 1;

inline constexpr size_t kMaxOrigin = 32;
/// Growth proofs of one offer, and bytes of one: enough for logs of 2^31 entries.
inline constexpr size_t kMaxGrowthProofs = 3;
inline constexpr size_t kMaxGrowthPath = 64 * 32;

inline constexpr size_t kMerkleNodeSize = 16;
inline constexpr size_t kMaxMerkleDepth = 16;

/// Encoded sizes. No message on any topic reaches 64 KiB.
inline constexpr size_t kMaxEnvelope = 4 * 1024;
inline constexpr size_t kMaxGolden = 12 * 1024;
inline constexpr size_t kMaxOfferMessage = kDefaultChunkMax + kChunkOverhead;
inline constexpr size_t kMaxStateReport = 8 * 1024;
inline constexpr size_t kMaxHealthReport = 8 * 1024;
inline constexpr size_t kMaxAcknowledgement = 1024;
inline constexpr size_t kMaxAttestation = 512;
inline constexpr size_t kMaxApproval = 512;

/// A delta is offered when its payload is at most this share of the coded full payload.
inline constexpr uint64_t kDeltaWorthNumerator = 95;
inline constexpr uint64_t kDeltaWorthDenominator = 100;

/// Latest instant a message may name (the end of 9999): sums with durations cannot overflow.
inline constexpr int64_t kMaxWallTimeMs = 253402300799999;

inline constexpr uint8_t kShardBits = 10;
inline constexpr uint8_t kProtocolVersion = 1;

}  // namespace flotilla
