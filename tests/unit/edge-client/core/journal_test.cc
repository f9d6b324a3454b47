// The records on their areas: every state of two copies, every field, the progress log.

#include <gtest/gtest.h>

#include "edge-client/core/boot_record.h"
#include "edge-client/core/device_record.h"
#include "edge-client/core/progress_log.h"
#include "simulator/power/fakes.h"
#include "simulator/power/world.h"

namespace flotilla::edge::test {
namespace {

Digest digest_of_byte(uint8_t value) {
  Digest digest;
  digest.bytes.fill(value);
  return digest;
}

Image image_of_byte(uint8_t value) {
  return {digest_of_byte(value),
          digest_of_byte(value ^ 0x40),
          digest_of_byte(value ^ 0x80),
          value * 1000u,
          value * 10u,
          value * 7u,
          false};
}

/// Every field differs from its default and from its neighbours.
ModelRecord full_record() {
  ModelRecord record;
  record.floor = 3;
  record.active_slot = Slot::kB;
  record.active = image_of_byte(1);
  record.spare = image_of_byte(2);
  record.class_position = {4, 0x1122334455667788};
  record.personal_position = {5, 0x99AABBCCDDEEFF00};
  record.signed_time = WallTime{1'800'000'000'123};
  record.intent = {.verb = Verb::kRollback,
                   .personal = true,
                   .applies = true,
                   .delta_failed = true,
                   .trial_attempts = 19,
                   .rollout = 6,
                   .epoch = 7,
                   .from_active = 10,
                   .from_trial = 11,
                   .full = 12,
                   .expires = WallTime{13},
                   .not_before = WallTime{-14},
                   .floor = 15,
                   .healthy_for_s = 16,
                   .trial_deadline_s = 17,
                   .start_window_s = 18,
                   .release = digest_of_byte(8),
                   .image = digest_of_byte(9),
                   .revoked = false};
  record.state = UpdateState::kReverted;
  record.reason = Reason::kUnhealthy;
  record.settled = true;
  record.rollout = 20;
  record.target = image_of_byte(21);
  record.transfer = 22;
  record.attempts_left = 23;
  record.healthy_for_s = 24;
  record.trial_deadline_s = 25;
  record.measured = digest_of_byte(26);
  record.order = {27, 28, 29};
  record.detail.assign_truncated("thirty");
  return record;
}

class JournalTest : public ::testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(breaches_, Breaches{}); }

  RecordPair::Found load(ModelRecord& record) {
    BootRecord boot;
    return boot.load(journal_, 0, name_, record);
  }
  Bytes copy_of(JournalArea area) { return journal_.region(area, 0).bytes(); }

  Power power_;
  Breaches breaches_;
  FakeJournal journal_{power_, breaches_, 1};
  const Name name_{"detector"};
};

TEST_F(JournalTest, TheBootRecordKeepsEveryField) {
  BootRecord boot;
  ModelRecord written = full_record();
  ASSERT_TRUE(boot.save(journal_, 0, name_, written).ok());
  ModelRecord read;
  ASSERT_EQ(load(read), RecordPair::Found::kValid);
  // Written again it gives the same bytes, and each field has its own place in them.
  BootRecord again;
  ModelRecord ignored;
  ASSERT_EQ(again.load(journal_, 0, name_, ignored), RecordPair::Found::kValid);
  ASSERT_TRUE(again.save(journal_, 0, name_, read).ok());
  const Bytes a = copy_of(JournalArea::kBoot0);
  const Bytes b = copy_of(JournalArea::kBoot1);
  const size_t size = RecordPair::kHeaderSize + load_u16_le(a.data() + 6);
  EXPECT_TRUE(equal(a.subspan(16, size - 16), b.subspan(16, size - 16)));
  EXPECT_EQ(read.intent.not_before.ms, -14);
  EXPECT_EQ(read.order, (ReportOrder{27, 28, 29}));
  EXPECT_EQ(read.detail.view(), "thirty");
  EXPECT_EQ(read.active.golden, digest_of_byte(0x81));
  EXPECT_EQ(read.intent.trial_attempts, 19);
}

TEST_F(JournalTest, TheBytesOfTheBootRecordAreAsSpecified) {
  BootRecord boot;
  ModelRecord record = full_record();
  ASSERT_TRUE(boot.save(journal_, 0, name_, record).ok());
  const Bytes bytes = copy_of(JournalArea::kBoot0);
  EXPECT_EQ(as_text(bytes.first(4)), "FLBR");
  EXPECT_EQ(load_u16_le(bytes.data() + 4), 1);
  EXPECT_EQ(load_u16_le(bytes.data() + 6), 712);
  EXPECT_EQ(load_u64_le(bytes.data() + 8), 1u);
  EXPECT_EQ(bytes[16], 8);
  EXPECT_EQ(as_text(bytes.subspan(17, 8)), "detector");
  EXPECT_EQ(load_u32_le(bytes.data() + 49), 3u);  // floor
  EXPECT_EQ(bytes[53], 1);                        // active slot
}

/// Each mark has its own bit, and a record without one ends where those of earlier programs do.
TEST_F(JournalTest, WhatIsRevokedStandsAtTheEndOfTheBootRecord) {
  for (int bits = 0; bits < 16; ++bits) {
    ModelRecord record = full_record();
    record.active.revoked = (bits & 1) != 0;
    record.spare.revoked = (bits & 2) != 0;
    record.target.revoked = (bits & 4) != 0;
    record.intent.revoked = (bits & 8) != 0;
    BootRecord boot;
    ASSERT_TRUE(boot.save(journal_, 0, name_, record).ok());
    const Bytes bytes = copy_of(JournalArea::kBoot0);
    EXPECT_EQ(load_u16_le(bytes.data() + 6), bits == 0 ? 712 : 713);
    if (bits != 0) {
      EXPECT_EQ(bytes[16 + 712], bits);
    }
    ModelRecord read;
    ASSERT_EQ(load(read), RecordPair::Found::kValid);
    EXPECT_EQ(read.active.revoked, record.active.revoked);
    EXPECT_EQ(read.spare.revoked, record.spare.revoked);
    EXPECT_EQ(read.target.revoked, record.target.revoked);
    EXPECT_EQ(read.intent.revoked, record.intent.revoked);
    EXPECT_EQ(read.detail.view(), "thirty");
    ASSERT_TRUE(journal_.erase(JournalArea::kBoot0, 0).ok());
    ASSERT_TRUE(journal_.sync(JournalArea::kBoot0, 0).ok());
  }
}

TEST_F(JournalTest, CopiesTakeTurnsAndTheNewestCounts) {
  BootRecord boot;
  ModelRecord record = full_record();
  for (uint32_t i = 0; i < 7; ++i) {
    record.rollout = i;
    ASSERT_TRUE(boot.save(journal_, 0, name_, record).ok());
    ModelRecord read;
    ASSERT_EQ(load(read), RecordPair::Found::kValid);
    EXPECT_EQ(read.rollout, i);
  }
  EXPECT_EQ(load_u64_le(copy_of(JournalArea::kBoot0).data() + 8), 7u);
  EXPECT_EQ(load_u64_le(copy_of(JournalArea::kBoot1).data() + 8), 6u);
}

TEST_F(JournalTest, EveryDamagedByteOfTheNewestCopyBringsBackTheOther) {
  BootRecord boot;
  ModelRecord record = full_record();
  record.rollout = 1;
  ASSERT_TRUE(boot.save(journal_, 0, name_, record).ok());
  record.rollout = 2;
  ASSERT_TRUE(boot.save(journal_, 0, name_, record).ok());
  Region& newest = journal_.region(JournalArea::kBoot1, 0);
  const size_t size = RecordPair::kFrameSize + load_u16_le(newest.bytes().data() + 6);
  for (size_t at = 0; at < size; ++at) {
    const uint8_t good = newest.bytes()[at];
    const uint8_t bad = good ^ 0x10;
    newest.preset(at, {&bad, 1});
    ModelRecord read;
    ASSERT_EQ(load(read), RecordPair::Found::kValid) << at;
    EXPECT_EQ(read.rollout, 1u) << at;
    newest.preset(at, {&good, 1});
  }
}

TEST_F(JournalTest, EveryStateOfTwoCopies) {
  // blank, garbage, unreadable, valid with sequence 1 and 2: all pairs.
  BootRecord boot;
  ModelRecord record = full_record();
  record.rollout = 1;
  ASSERT_TRUE(boot.save(journal_, 0, name_, record).ok());
  record.rollout = 2;
  ASSERT_TRUE(boot.save(journal_, 0, name_, record).ok());
  std::vector<std::vector<uint8_t>> states(4, std::vector<uint8_t>(1024, 0xFF));
  states[1].assign(1024, 0x42);
  const Bytes one = copy_of(JournalArea::kBoot0);
  const Bytes two = copy_of(JournalArea::kBoot1);
  states[2].assign(one.begin(), one.end());
  states[3].assign(two.begin(), two.end());
  for (size_t a = 0; a < 4; ++a) {
    for (size_t b = 0; b < 4; ++b) {
      journal_.region(JournalArea::kBoot0, 0).preset(0, states[a]);
      journal_.region(JournalArea::kBoot1, 0).preset(0, states[b]);
      const size_t best = std::max(a, b);
      RecordPair::Found wanted = RecordPair::Found::kValid;
      if (best < 2) wanted = RecordPair::Found::kBlank;
      if (a == 1 && b == 1) wanted = RecordPair::Found::kDamaged;
      ModelRecord read;
      EXPECT_EQ(load(read), wanted) << a << " " << b;
      if (best >= 2) {
        EXPECT_EQ(read.rollout, best - 1) << a << " " << b;
      }
    }
  }
}

TEST_F(JournalTest, AFailedSaveLeavesTheOldRecordAndIsWrittenOver) {
  BootRecord boot;
  ModelRecord record = full_record();
  record.rollout = 1;
  ASSERT_TRUE(boot.save(journal_, 0, name_, record).ok());
  for (const char* operation : {"journal.erase", "journal.write", "journal.sync"}) {
    record.rollout = 2;
    journal_.faults.fails = [&](const std::string& name) { return name == operation; };
    EXPECT_FALSE(boot.save(journal_, 0, name_, record).ok());
    journal_.faults.fails = nullptr;
    EXPECT_EQ(load_u64_le(copy_of(JournalArea::kBoot0).data() + 8), 1u) << operation;
  }
  record.rollout = 3;
  ASSERT_TRUE(boot.save(journal_, 0, name_, record).ok());
  ModelRecord read;
  ASSERT_EQ(load(read), RecordPair::Found::kValid);
  EXPECT_EQ(read.rollout, 3u);
}

TEST_F(JournalTest, ARecordOfAnotherModelIsAnError) {
  BootRecord boot;
  ModelRecord record = full_record();
  ASSERT_TRUE(boot.save(journal_, 0, Name("other"), record).ok());
  ModelRecord read;
  EXPECT_EQ(BootRecord().load(journal_, 0, name_, read), RecordPair::Found::kForeign);
}

TEST_F(JournalTest, ARecordThatContradictsItselfIsDamaged) {
  for (int kind = 0; kind < 4; ++kind) {
    ModelRecord record = full_record();
    if (kind == 0) record.active = {};
    if (kind == 1) record.active_slot = Slot::kNone;
    if (kind == 2) record.state = UpdateState::kTransferring;  // with a spare image
    if (kind == 3) record.intent.verb = static_cast<Verb>(0);
    BootRecord boot;
    ASSERT_TRUE(boot.save(journal_, 0, name_, record).ok());
    ModelRecord read;
    EXPECT_EQ(load(read), RecordPair::Found::kDamaged) << kind;
  }
}

TEST_F(JournalTest, TheDeviceRecordKeepsIdentityAndKeys) {
  TrustedKeys keyset;
  keyset.epoch = 5;
  keyset.issued = WallTime{123456789};
  keyset.root_threshold = 2;
  for (uint8_t i = 0; i < kMaxKeys; ++i) {
    TrustedKey key;
    key.public_key = test_key(i);
    key.roles = i & kKnownRoles;
    key.models = i & 3;
    ASSERT_TRUE(keyset.keys.push_back(key));
  }
  keyset.approvals[0] = 2;
  DeviceRecord record;
  ASSERT_TRUE(record.save(journal_, 77, {0x0102030405060708, 9, 77}, keyset, {}).ok());
  ReportOrder identity;
  TrustedKeys read;
  LogWitness witness;
  ASSERT_EQ(DeviceRecord().load(journal_, 77, identity, read, witness), RecordPair::Found::kValid);
  EXPECT_FALSE(read.stale);
  EXPECT_EQ(read.keys[3].models, 3);
  EXPECT_EQ(read.approvals[0], 2);
  EXPECT_EQ(witness, LogWitness{}) << "a record from before checkpoints looks the same";
  EXPECT_EQ(identity, (ReportOrder{0x0102030405060708, 9, 0}));
  EXPECT_EQ(read.epoch, 5u);
  EXPECT_EQ(read.issued, keyset.issued);
  EXPECT_EQ(read.root_threshold, 2);
  ASSERT_EQ(read.keys.size(), kMaxKeys);
  EXPECT_EQ(read.keys[15].public_key, test_key(15));
  EXPECT_EQ(read.keys[15].roles, 15);

  LogWitness split{{7, {}}, Witness::kSplit, {7, {}}};
  split.head.root.bytes.fill(1);
  split.conflict.root.bytes.fill(2);
  ASSERT_TRUE(record.save(journal_, 77, {0x0102030405060708, 9, 77}, keyset, split).ok());
  ASSERT_EQ(DeviceRecord().load(journal_, 77, identity, read, witness), RecordPair::Found::kValid);
  EXPECT_EQ(witness, split);
  EXPECT_EQ(read.keys[15].roles, 15);
}

/// Keys that were kept for other models may release nothing.
TEST_F(JournalTest, AnotherPurposeMakesTheKeysStale) {
  TrustedKeys keyset;
  keyset.epoch = 5;
  TrustedKey key;
  key.roles = kRoleRelease;
  key.models = 1;
  ASSERT_TRUE(keyset.keys.push_back(key));
  LogWitness seen{{7, {}}, Witness::kProven, {}};
  ASSERT_TRUE(DeviceRecord().save(journal_, 77, {1, 9, 0}, keyset, seen).ok());
  ReportOrder identity;
  TrustedKeys read;
  LogWitness witness;
  ASSERT_EQ(DeviceRecord().load(journal_, 78, identity, read, witness), RecordPair::Found::kValid);
  EXPECT_TRUE(read.stale);
  EXPECT_EQ(witness, seen) << "whoever the device trusts, the log is the log";
  EXPECT_EQ(identity.boot_count, 9u);
  ASSERT_EQ(read.keys.size(), 1u);
  EXPECT_EQ(read.keys[0].models, 0);
}

// ---- progress log

ProgressEntry entry_of(uint32_t index) {
  ProgressEntry entry;
  entry.transfer = 0xABCDEF;
  entry.index = index;
  entry.output_offset = index * 100;
  entry.output_length = 100;
  entry.digest[0] = static_cast<uint8_t>(index);
  return entry;
}

TEST_F(JournalTest, TheProgressLogIsReadInOrderAndGoesOn) {
  ProgressLog log;
  ASSERT_TRUE(log.clear(journal_, 0).ok());
  for (uint32_t i = 0; i < 5; ++i) ASSERT_TRUE(log.append(journal_, 0, entry_of(i)).ok());
  ProgressLog reader;
  ProgressEntry entry;
  for (uint32_t i = 0; i < 5; ++i) {
    ASSERT_EQ(reader.read_next(journal_, 0, entry), ProgressLog::Found::kEntry);
    EXPECT_EQ(entry.index, i);
    EXPECT_EQ(entry.output_offset, i * 100);
    EXPECT_EQ(entry.digest[0], i);
  }
  ASSERT_EQ(reader.read_next(journal_, 0, entry), ProgressLog::Found::kEnd);
  ASSERT_TRUE(reader.append(journal_, 0, entry_of(5)).ok());
}

TEST_F(JournalTest, ATornEntryIsSkippedNotWrittenOver) {
  ProgressLog log;
  ASSERT_TRUE(log.clear(journal_, 0).ok());
  ASSERT_TRUE(log.append(journal_, 0, entry_of(0)).ok());
  const uint8_t torn[] = {1, 2, 3};
  journal_.region(JournalArea::kProgress, 0).preset(40, torn);
  ProgressLog reader;
  ProgressEntry entry;
  EXPECT_EQ(reader.read_next(journal_, 0, entry), ProgressLog::Found::kEntry);
  EXPECT_EQ(reader.read_next(journal_, 0, entry), ProgressLog::Found::kDamaged);
  EXPECT_EQ(reader.read_next(journal_, 0, entry), ProgressLog::Found::kEnd);
  ASSERT_TRUE(reader.append(journal_, 0, entry_of(1)).ok());
  ProgressLog again;
  EXPECT_EQ(again.read_next(journal_, 0, entry), ProgressLog::Found::kEntry);
  EXPECT_EQ(again.read_next(journal_, 0, entry), ProgressLog::Found::kDamaged);
  EXPECT_EQ(again.read_next(journal_, 0, entry), ProgressLog::Found::kEntry);
  EXPECT_EQ(entry.index, 1u);
}

TEST_F(JournalTest, AFullProgressLogSaysSo) {
  journal_.progress_capacity = 3 * 40 + 39;
  ProgressLog log;
  ASSERT_TRUE(log.clear(journal_, 0).ok());
  for (uint32_t i = 0; i < 3; ++i) ASSERT_TRUE(log.append(journal_, 0, entry_of(i)).ok());
  EXPECT_EQ(log.append(journal_, 0, entry_of(3)).code(), Code::kResourceExhausted);
}

}  // namespace
}  // namespace flotilla::edge::test
