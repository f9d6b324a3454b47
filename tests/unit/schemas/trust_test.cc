#include "schemas/protocol/trust.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/golden/samples.h"
#include "tests/unit/schemas/sha256.h"

namespace flotilla {
namespace {

testing::Sha256 g_hasher;

TEST(Trust, PrefixesSeparateTheKinds) {
  const SignedKind kinds[] = {SignedKind::kKeyset,      SignedKind::kRelease,
                              SignedKind::kTransfer,    SignedKind::kDirective,
                              SignedKind::kAttestation, SignedKind::kApproval,
                              SignedKind::kCheckpoint};
  for (SignedKind a : kinds) {
    EXPECT_TRUE(signing_prefix(a).starts_with("flotilla/v1/"));
    for (SignedKind b : kinds) {
      EXPECT_EQ(signing_prefix(a).starts_with(signing_prefix(b)), a == b);
    }
  }
  EXPECT_EQ(signing_digest(g_hasher, SignedKind::kRelease, as_bytes("body")),
            g_hasher.sha256({as_bytes("flotilla/v1/release\nbody")}));
}

TEST(Trust, TransferDigestIsTheOneOfTheSpecification) {
  const TransferManifest manifest = golden::transfer(golden::Size::kTypical);
  std::vector<uint8_t> bytes;
  const auto append = [&](Bytes part) { bytes.insert(bytes.end(), part.begin(), part.end()); };
  append(as_bytes("flotilla/v1/transfer-id\n"));
  append(manifest.release_digest.view());
  append(manifest.base_digest.view());
  append(manifest.merkle_root.view());
  const uint8_t numbers[] = {0x87, 0xD6, 0x12, 0, 0, 0, 0,    0,    77, 0, 0,
                             0,    0,    0x40, 0, 0, 2, 0x88, 0x13, 0,  0};
  append(numbers);
  const Digest digest = g_hasher.sha256({bytes});
  EXPECT_EQ(transfer_digest(g_hasher, manifest), digest);
  EXPECT_EQ(transfer_id(digest), load_u64_be(digest.bytes.data()));
}

TEST(Trust, TransferDigestCoversEveryFieldButTheExpiry) {
  const TransferManifest manifest = golden::transfer(golden::Size::kTypical);
  const Digest before = transfer_digest(g_hasher, manifest);
  const std::vector<std::function<void(TransferManifest&)>> changes = {
      [](TransferManifest& m) { m.release_digest.bytes[31] ^= 1; },
      [](TransferManifest& m) { m.base_digest = Digest{}; },
      [](TransferManifest& m) { m.payload_size += uint64_t{1} << 40; },
      [](TransferManifest& m) { m.chunk_count += 1; },
      [](TransferManifest& m) { m.chunk_max -= 1; },
      [](TransferManifest& m) { m.merkle_root.bytes[0] ^= 1; },
      [](TransferManifest& m) { m.codec = static_cast<Codec>(3); },
      [](TransferManifest& m) { m.decoder_memory += 1; },
  };
  for (const auto& change : changes) {
    TransferManifest changed = manifest;
    change(changed);
    EXPECT_NE(transfer_digest(g_hasher, changed), before);
  }
  TransferManifest renewed = manifest;
  renewed.expires.ms += 1;
  EXPECT_EQ(transfer_digest(g_hasher, renewed), before);
}

TEST(Trust, KeyIdIsTheStartOfTheKeysDigest) {
  PublicKey key{};
  EXPECT_EQ(to_hex(key_id(g_hasher, key)), "f5a5fd42d16a2030");  // SHA-256 of 64 zero bytes
}

TEST(Trust, CohortPositionIsTheStartOfSaltAndDevice) {
  std::array<uint8_t, 16> salt{};
  salt[15] = 0xFF;
  std::vector<uint8_t> bytes(salt.begin(), salt.end());
  for (char c : std::string("cam-1")) bytes.push_back(static_cast<uint8_t>(c));
  EXPECT_EQ(cohort_position(g_hasher, salt, "cam-1"),
            load_u32_be(g_hasher.sha256({bytes}).bytes.data()));
  EXPECT_NE(cohort_position(g_hasher, salt, "cam-1"), cohort_position(g_hasher, salt, "cam-2"));
  EXPECT_NE(cohort_position(g_hasher, salt, "cam-1"), cohort_position(g_hasher, {}, "cam-1"));
}

Directive with_term(const char* site, uint32_t low, uint32_t high) {
  Directive directive;
  CohortTerm term;
  EXPECT_TRUE(term.site.assign(site));
  term.low = low;
  term.high = high;
  EXPECT_TRUE(directive.cohort.push_back(term));
  return directive;
}

TEST(Trust, CohortRangesIncludeBothEnds) {
  const Directive directive = with_term("", 10, 20);
  EXPECT_FALSE(in_cohort(directive, 9, "any"));
  EXPECT_TRUE(in_cohort(directive, 10, "any"));
  EXPECT_TRUE(in_cohort(directive, 20, ""));
  EXPECT_FALSE(in_cohort(directive, 21, "any"));
  EXPECT_TRUE(in_cohort(with_term("", 0, UINT32_MAX), UINT32_MAX, ""));
  EXPECT_FALSE(in_cohort(Directive{}, 0, ""));
}

TEST(Trust, CohortTermsOfASiteLeaveOthersOut) {
  Directive directive = with_term("north", 0, 100);
  EXPECT_TRUE(in_cohort(directive, 50, "north"));
  EXPECT_FALSE(in_cohort(directive, 50, "south"));
  EXPECT_FALSE(in_cohort(directive, 50, ""));
  CohortTerm second;
  second.low = second.high = 50;
  EXPECT_TRUE(directive.cohort.push_back(second));
  EXPECT_TRUE(in_cohort(directive, 50, "south"));
}

TEST(Trust, ShardIsTheFirstTenBitsOfTheDeviceDigest) {
  for (const char* device : {"a", "cam-1", "cam-2", "line_3"}) {
    const Digest digest = g_hasher.sha256({as_bytes(device)});
    const uint16_t expected = static_cast<uint16_t>(digest.bytes[0] << 2 | digest.bytes[1] >> 6);
    EXPECT_EQ(device_shard(g_hasher, device), expected);
    EXPECT_LT(expected, 1u << kShardBits);
  }
  EXPECT_EQ(device_shard(g_hasher, "abc"), 0xBA7816u >> 14);
}

}  // namespace
}  // namespace flotilla
