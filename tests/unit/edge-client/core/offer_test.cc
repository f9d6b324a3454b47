// Every check of an offer violated once, with nothing written.

#include "schemas/protocol/delta/memory.h"
#include "schemas/protocol/trust.h"
#include "tests/unit/edge-client/core/device_fixture.h"

namespace flotilla::edge::test {
namespace {

class OfferTest : public DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    install(first_, 1);
    good_ = world_.publish(second_, 2);
  }

  /// Publishes the release with `change` applied to its manifest, and everything else to match.
  Publication with_release(const std::function<void(ReleaseManifest&)>& change) {
    Publication out = good_;
    ReleaseManifest value = out.release.value;
    change(value);
    out.release = world_.publisher.sign_release(value);
    world_.publisher.seal(out);
    return out;
  }
  Publication with_transfer(const std::function<void(TransferManifest&)>& change) {
    Publication out = good_;
    change(out.transfer.value);
    const TransferManifest wanted = out.transfer.value;
    out.transfer = world_.publisher.sign_transfer(wanted);
    out.id = transfer_id(transfer_digest(world_.crypto, wanted));
    return out;
  }
  /// Orders the image of `good_` through `offered`.
  Directive order_for(const Publication& offered) {
    Directive directive = order(offered);
    directive.image_digest = good_.release.value.image_digest;
    return directive;
  }
  /// The authentic offer is refused for good.
  void expect_rejected(const Publication& offered, Reason reason) {
    world_.put(offered);
    const uint32_t slot_writes = world_.storage.changes;
    world_.send(order_for(offered));
    ASSERT_TRUE(reaches(UpdateState::kRejected)) << static_cast<int>(reason);
    EXPECT_EQ(world_.state().reason, reason);
    EXPECT_EQ(world_.storage.changes, slot_writes);
    EXPECT_EQ(world_.active_digest(), digest(first_));
  }
  /// The copy is refused, and asked for again until a good one comes.
  void expect_asked_again(const Publication& spoilt, Reason reason) {
    world_.put(spoilt);
    const Directive directive = order(good_);
    world_.send(directive);
    world_.run_until([&] { return world_.device().counters().offers_refused > refused_; });
    EXPECT_EQ(world_.device().counters().last_refusal, reason);
    const uint32_t writes = world_.writes();
    world_.settle(seconds(20));
    EXPECT_EQ(world_.writes(), writes);
    EXPECT_NE(world_.state().rollout, rollout_);  // nothing was said about it
    world_.put(good_);
    Directive hold = repeat(directive);
    hold.verb = Verb::kHold;
    world_.send(hold);
    world_.settle(seconds(1));
    refused_ = world_.device().counters().offers_refused;
  }

  Publication good_;
  uint32_t refused_ = 0;
};

TEST_F(OfferTest, WhatTheReleaseSaysMustFit) {
  expect_rejected(with_release([](ReleaseManifest& m) { m.hardware_class = Name("other"); }),
                  Reason::kWrongClass);
  expect_rejected(with_release([](ReleaseManifest& m) { m.model = Name("other"); }),
                  Reason::kManifestMismatch);
  expect_rejected(with_release([](ReleaseManifest& m) { m.image_digest.bytes[0] ^= 1; }),
                  Reason::kManifestMismatch);
  expect_rejected(with_release([](ReleaseManifest& m) { m.image_size = 4097; }),
                  Reason::kImageTooLarge);
  expect_rejected(with_release([](ReleaseManifest& m) { m.image_size = UINT64_MAX; }),
                  Reason::kImageTooLarge);
  expect_rejected(with_release([](ReleaseManifest& m) { m.image_size = 0; }),
                  Reason::kManifestMismatch);
}

TEST_F(OfferTest, BelowTheFloorIsRejected) {
  Directive raise = order(good_);
  raise.verb = Verb::kHold;
  raise.floor = 1;
  world_.send(raise);
  world_.settle();
  ASSERT_EQ(world_.state().floor, 1u);
  expect_rejected(with_release([](ReleaseManifest& m) { m.security_counter = 0; }),
                  Reason::kBelowFloor);
}

TEST_F(OfferTest, WhatTheTransferSaysMustFit) {
  const Digest other = digest(third_);
  expect_rejected(with_transfer([&](TransferManifest& m) { m.base_digest = other; }),
                  Reason::kManifestMismatch);
  expect_rejected(with_transfer([](TransferManifest& m) { m.chunk_count = 0; }),
                  Reason::kManifestMismatch);
  expect_rejected(with_transfer([](TransferManifest& m) { m.chunk_count = kMaxChunks + 1; }),
                  Reason::kImageTooLarge);
  expect_rejected(with_transfer([](TransferManifest& m) { m.codec = static_cast<Codec>(1); }),
                  Reason::kUnknownCodec);
  const uint32_t chunk_max = world_.config.chunk_max;
  expect_rejected(with_transfer([&](TransferManifest& m) { m.chunk_max = chunk_max + 1; }),
                  Reason::kDecoderMemory);
  expect_rejected(with_transfer([](TransferManifest& m) {
                    m.decoder_memory = delta::decoder_memory(delta::kSmallProfile) + 1;
                  }),
                  Reason::kDecoderMemory);
  expect_rejected(with_transfer([](TransferManifest& m) {
                    m.decoder_memory = delta::decoder_memory(delta::kSmallProfile) - 1;
                  }),
                  Reason::kDecoderMemory);
}

TEST_F(OfferTest, ATransferOfAnotherReleaseIsRejected) {
  const Publication third = world_.publish(third_, 3);
  Directive directive = order(third);
  directive.release_digest = good_.release_digest;
  world_.send(directive);
  ASSERT_TRUE(reaches(UpdateState::kRejected));
  EXPECT_EQ(world_.state().reason, Reason::kManifestMismatch);
}

TEST_F(OfferTest, ASpoiltCopyIsAskedForAgain) {
  Publication spoilt = good_;
  spoilt.transfer.kind = SignedKind::kRelease;
  expect_asked_again(spoilt, Reason::kBadSignature);

  spoilt = good_;
  spoilt.release.kind = SignedKind::kTransfer;
  expect_asked_again(spoilt, Reason::kBadSignature);

  spoilt = good_;
  spoilt.transfer.value.merkle_root.bytes[0] ^= 1;  // not the transfer that the id names
  expect_asked_again(spoilt, Reason::kManifestMismatch);

  spoilt = good_;
  spoilt.transfer.marks[0].bytes[5] ^= 1;
  expect_asked_again(spoilt, Reason::kBadSignature);

  spoilt = good_;
  spoilt.transfer.marks.clear();
  world_.publisher.sign(spoilt.transfer, Publisher::releaser());
  expect_asked_again(spoilt, Reason::kUnknownKey);

  spoilt = good_;
  spoilt.release.marks.clear();
  world_.publisher.sign(spoilt.release, Publisher::director());
  expect_asked_again(spoilt, Reason::kUnknownKey);

  spoilt = good_;
  spoilt.release = world_.publish(third_, 3).release;  // signed, but not this transfer's
  expect_asked_again(spoilt, Reason::kManifestMismatch);

  spoilt = good_;
  spoilt.golden.push_back(1);
  expect_asked_again(spoilt, Reason::kManifestMismatch);

  spoilt = good_;
  spoilt.transfer.value.expires = world_.publisher.issued;
  spoilt.transfer = world_.publisher.sign_transfer(spoilt.transfer.value);
  expect_asked_again(spoilt, Reason::kExpired);

  world_.send(order(good_));
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

TEST_F(OfferTest, SpoiltCopiesOnlyForEverEndTheAssignment) {
  Publication spoilt = good_;
  spoilt.transfer.marks[0].bytes[5] ^= 1;
  world_.put(spoilt);
  world_.send(order(good_));
  ASSERT_TRUE(reaches(UpdateState::kRejected, seconds(24 * 3600)));
  EXPECT_EQ(world_.state().reason, Reason::kBadSignature);
}

TEST_F(OfferTest, AnExpiredTransferIsNotResumedEither) {
  world_.answer_groups = false;
  const Directive directive = order(good_);
  world_.send(directive);
  ASSERT_TRUE(reaches(UpdateState::kTransferring));
  Directive later = repeat(directive);
  later.issued = good_.transfer.value.expires;
  later.expires = later.issued + seconds(1000);
  world_.send(later);
  restart();
  world_.answer_groups = true;
  world_.settle(seconds(60));
  EXPECT_EQ(world_.device().counters().last_refusal, Reason::kExpired);
  EXPECT_EQ(world_.state().chunks_done, 0u);

  Publication renewed = good_;  // the same transfer, good for longer
  renewed.transfer.value.expires = later.expires;
  renewed.transfer = world_.publisher.sign_transfer(renewed.transfer.value);
  world_.put(renewed);
  EXPECT_TRUE(reaches(UpdateState::kConfirmed));
}

TEST_F(OfferTest, NoRoomIsRejectedAndTheSpareImageStays) {
  install(second_, 2);
  world_.storage.free_bytes = 100;
  world_.send(order(world_.publish(third_, 3)));
  ASSERT_TRUE(reaches(UpdateState::kRejected));
  EXPECT_EQ(world_.state().reason, Reason::kStorageFull);
  EXPECT_EQ(world_.state().spare_digest, digest(first_));
  restart();
  EXPECT_EQ(world_.state().spare_digest, digest(first_));
}

TEST_F(OfferTest, OffersNobodyAskedForAreIgnored) {
  const uint32_t writes = world_.writes();
  world_.device().on_offer(good_.id, good_.offer(), world_.now);
  world_.settle(seconds(1));
  EXPECT_EQ(world_.writes(), writes);
  EXPECT_GT(world_.device().counters().ignored, 0u);
}

}  // namespace
}  // namespace flotilla::edge::test
