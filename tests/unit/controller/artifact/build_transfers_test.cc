#include "controller/artifact/build_transfers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/adapters/mbed_hasher.h"
#include "controller/artifact/manifest_builder.h"
#include "controller/artifact/payload_file.h"
#include "schemas/protocol/trust.h"
#include "simulator/control/memory_artifacts.h"
#include "simulator/control/memory_cache.h"
#include "tests/support/adapter_keys.h"
#include "tests/support/adapter_payloads.h"

namespace flotilla::controller {
namespace {

using ::testing::HasSubstr;

class BuildTransfersTest : public ::testing::Test {
 protected:
  BuildTransfersTest() {
    Prng prng(4);
    const std::string old = flotilla::testing::random_weights(prng, 20'000);
    image_ = flotilla::testing::fine_tuned(prng, old);
    base_ = artifacts_.add(old);
    unrelated_ = artifacts_.add(flotilla::testing::random_bytes(prng, 50'000));
    job_.rollout = 5;
    job_.model = "pose";
    job_.hardware_class.name = "hc1";
    job_.expires = {1'700'000'000'000};
    job_.variant.image_digest = artifacts_.add(image_);
    job_.variant.golden_digest = artifacts_.add("golden vectors");
    job_.variant.image_size = image_.size();
    sign_variant();
  }

  void sign_variant() {
    ReleaseManifest release;
    release.model = Name("pose");
    release.version = 2;
    release.label.assign_truncated("v2");
    release.hardware_class = Name("hc1");
    release.image_digest = job_.variant.image_digest;
    release.image_size = image_.size();
    release.golden_digest = job_.variant.golden_digest;
    release.document_digest.bytes.fill(9);
    job_.variant.release_envelope = sign_release(hasher_, *signer_, release).value();
    job_.variant.release_digest =
        release_digest(hasher_, as_bytes(job_.variant.release_envelope)).value();
  }

  BuiltTransfers run() {
    return build_transfers(job_, {artifacts_, *signer_, hasher_, cache_, in_order_}, cancel_);
  }

  MbedHasher hasher_;
  std::shared_ptr<MbedSigner> signer_ = flotilla::testing::rfc6979_signer(hasher_);
  flotilla::sim::MemoryArtifacts artifacts_{hasher_};
  flotilla::sim::MemoryCache cache_;
  InOrder in_order_;
  std::string image_;
  Digest base_;
  Digest unrelated_;
  BuildTransfers job_;
  std::atomic<bool> cancel_{false};
};

TEST_F(BuildTransfersTest, TheSameIsEncodedOnce) {
  job_.bases = {base_};
  const BuiltTransfers first = run();
  EXPECT_EQ(cache_.kept, 2);
  EXPECT_EQ(cache_.found, 0);
  const BuiltTransfers second = run();
  EXPECT_EQ(cache_.kept, 2);
  EXPECT_EQ(cache_.found, 2);
  ASSERT_EQ(second.event.transfers.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(second.event.transfers[i].id, first.event.transfers[i].id);
    EXPECT_EQ(second.event.transfers[i].payload_file, first.event.transfers[i].payload_file);
  }
  job_.hardware_class.chunk_max = 8192;
  EXPECT_EQ(run().event.failure, "");
  EXPECT_EQ(cache_.kept, 4) << "other limits, other payloads";
}

TEST_F(BuildTransfersTest, WhatRottedInTheCacheIsMadeAnew) {
  job_.bases = {base_};
  const BuiltTransfers first = run();
  Prng prng(1);
  for (auto& [key, file] : cache_.files) {
    file[file.size() - 1 - prng.below(1000)] ^= 4;
  }
  const BuiltTransfers second = run();
  EXPECT_EQ(cache_.kept, 4);
  ASSERT_EQ(second.event.transfers.size(), 2u);
  EXPECT_EQ(second.event.transfers[0].payload_file, first.event.transfers[0].payload_file);
}

/// After so many rounds has no memory for one of the jobs.
class Starved final : public Parallel {
 public:
  explicit Starved(int rounds) : rounds_(rounds) {}
  void for_each(size_t count, const std::function<void(size_t)>& job) override {
    if (rounds_-- <= 0) throw std::bad_alloc();
    for (size_t i = 0; i < count; ++i) job(i);
  }
  int left() const { return rounds_; }

 private:
  int rounds_;
};

TEST_F(BuildTransfersTest, WithoutMemoryForADeltaTheFullPayloadTravels) {
  Starved fed(100);
  ASSERT_EQ(
      build_transfers(job_, {artifacts_, *signer_, hasher_, cache_, fed}, cancel_).event.failure,
      "");
  cache_.files.clear();
  job_.bases = {base_};
  Starved starved(100 - fed.left());  // what the full payload takes
  const BuiltTransfers built =
      build_transfers(job_, {artifacts_, *signer_, hasher_, cache_, starved}, cancel_);
  EXPECT_EQ(built.event.failure, "");
  ASSERT_EQ(built.event.transfers.size(), 1u);
  ASSERT_EQ(built.notes.size(), 1u);
  EXPECT_THAT(built.notes[0], HasSubstr("not enough memory"));
}

TEST_F(BuildTransfersTest, WithoutAnyMemoryItMayWorkLater) {
  Starved starved(0);
  const BuiltTransfers built =
      build_transfers(job_, {artifacts_, *signer_, hasher_, cache_, starved}, cancel_);
  EXPECT_THAT(built.event.failure, HasSubstr("not enough memory"));
  EXPECT_TRUE(built.event.may_pass);
}

TEST_F(BuildTransfersTest, DeltasThatAreWorthItAndTheFullPayloadLast) {
  Digest missing;
  missing.bytes.fill(7);
  job_.bases = {base_, unrelated_, missing, job_.variant.image_digest};
  const BuiltTransfers built = run();
  EXPECT_EQ(built.event.failure, "");
  EXPECT_EQ(built.event.rollout, 5u);
  EXPECT_EQ(built.event.hardware_class, "hc1");
  ASSERT_EQ(built.event.transfers.size(), 2u);
  EXPECT_EQ(built.event.transfers[0].base_digest, base_);
  EXPECT_TRUE(built.event.transfers[1].base_digest.is_none());
  EXPECT_LT(built.event.transfers[0].manifest.payload_size,
            built.event.transfers[1].manifest.payload_size);
  ASSERT_EQ(built.notes.size(), 2u);
  EXPECT_THAT(built.notes[0], HasSubstr("not clearly smaller"));
  EXPECT_THAT(built.notes[1], HasSubstr("no such artifact"));
}

TEST_F(BuildTransfersTest, TransfersNameTheirFileAndBytes) {
  const BuiltTransfers built = run();
  ASSERT_EQ(built.event.transfers.size(), 1u);
  const Transfer& transfer = built.event.transfers[0];
  EXPECT_EQ(transfer.id, transfer_id(transfer_digest(hasher_, transfer.manifest)));
  EXPECT_EQ(transfer.manifest.release_digest, job_.variant.release_digest);
  EXPECT_EQ(transfer.manifest.expires, job_.expires);
  const auto view = artifacts_.open(transfer.payload_file).value();
  const PayloadFile file = PayloadFile::open(view->bytes()).value();
  EXPECT_EQ(file.transfer(), transfer.id);
  uint64_t bytes = build_offer(as_bytes(transfer.manifest_envelope),
                               as_bytes(job_.variant.release_envelope), as_bytes("golden vectors"))
                       .value()
                       .size();
  for (uint32_t i = 0; i < file.chunk_count(); ++i) bytes += file.message(i).size();
  EXPECT_EQ(transfer.message_bytes, bytes);
}

TEST_F(BuildTransfersTest, AMissingImageIsAFailureInWords) {
  job_.variant.image_digest.bytes.fill(1);
  const BuiltTransfers built = run();
  EXPECT_TRUE(built.event.transfers.empty());
  EXPECT_THAT(built.event.failure, HasSubstr("image 010101010101: not_found"));
  EXPECT_FALSE(built.event.may_pass) << "waiting brings nothing back";
}

TEST_F(BuildTransfersTest, AMissingGoldenFileIsAFailure) {
  job_.variant.golden_digest.bytes.fill(1);
  EXPECT_THAT(run().event.failure, HasSubstr("golden vectors"));
}

TEST_F(BuildTransfersTest, AFullDiskIsAFailureThatMayPass) {
  artifacts_.full = true;
  const BuiltTransfers built = run();
  EXPECT_THAT(built.event.failure, HasSubstr("resource_exhausted: the disk is full"));
  EXPECT_TRUE(built.event.may_pass);
}

TEST_F(BuildTransfersTest, CancelledIsAFailure) {
  cancel_ = true;
  EXPECT_THAT(run().event.failure, HasSubstr("cancelled"));
}

TEST_F(BuildTransfersTest, NoMoreTransfersThanADirectiveCanOffer) {
  for (int i = 0; i < 12; ++i) {
    std::string near = image_;
    near[1000] = static_cast<char>(i);
    job_.bases.push_back(artifacts_.add(near));
  }
  const BuiltTransfers built = run();
  EXPECT_EQ(built.event.transfers.size(), kMaxOffers);
  EXPECT_TRUE(built.event.transfers.back().base_digest.is_none());
}

}  // namespace
}  // namespace flotilla::controller
