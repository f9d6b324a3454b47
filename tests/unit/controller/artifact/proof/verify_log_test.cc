#include "controller/artifact/proof/verify_log.h"

#include <gtest/gtest.h>

#include <utility>

#include "controller/artifact/proof/sections.h"
#include "controller/domain/audit_tree.h"
#include "controller/domain/record_codec.h"
#include "tests/unit/controller/artifact/proof/proof_keys.h"

namespace flotilla::controller::proof {
namespace {

using testing::ProofKeys;

std::string log_bytes(uint64_t number) {
  AuditEntry entry;
  entry.number = number;
  entry.actor = "alice";
  entry.action = "device.enrolled";
  entry.object = "device/d" + std::to_string(number);
  return encode(entry);
}

class VerifyLog : public ::testing::Test {
 protected:
  VerifyLog() {
    for (uint64_t i = 0; i < 7; ++i) entries_.push_back(log_bytes(i));
  }

  Checkpoint head_of(const std::vector<std::string>& entries) {
    AuditTree tree;
    for (const std::string& bytes : entries)
      tree.append(keys_.hasher, as_bytes(bytes), [](uint8_t, uint64_t, const Digest&) {});
    Checkpoint out;
    out.origin = FixedString<kMaxOrigin>(
        "flotilla/" + std::string(to_hex(tree.first_leaf()).view().substr(0, 16)));
    out.head = tree.head(keys_.hasher);
    out.time = WallTime{1'800'000'000'000};
    return out;
  }

  std::string file_of(const std::vector<std::string>& entries, const Checkpoint& head) {
    const auto envelope = sign_checkpoint(keys_.hasher, *keys_.director, head);
    EXPECT_TRUE(envelope.ok());
    std::string out = log_head(as_bytes(keys_.keyset), as_bytes(envelope.value()));
    for (const std::string& bytes : entries) add_entry(keys_.hasher, out, as_bytes(bytes));
    return out;
  }

  std::optional<LogFault> verify(const std::string& file, const Checkpoint* since = nullptr) {
    seen_ = 0;
    CheckedHead head;
    return verify_log(keys_.tools, keys_.anchor, as_bytes(file), since, head,
                      [this](const AuditEntry&) { ++seen_; });
  }

  /// What is said of a file whose entries are these but whose checkpoint is the true one.
  LogFault fault_of(const std::vector<std::string>& entries) {
    const auto wrong = verify(file_of(entries, head_of(entries_)));
    EXPECT_TRUE(wrong.has_value());
    return wrong.value_or(LogFault{});
  }

  ProofKeys keys_;
  std::vector<std::string> entries_;
  uint64_t seen_ = 0;
};

TEST_F(VerifyLog, AnHonestLogHolds) {
  EXPECT_FALSE(verify(file_of(entries_, head_of(entries_))).has_value());
  EXPECT_EQ(seen_, entries_.size());
}

TEST_F(VerifyLog, NamesTheFirstEntryThatIsMissingMovedAlteredOrTooMany) {
  auto without = entries_;
  without.erase(without.begin() + 3);
  EXPECT_EQ(fault_of(without).first, 3u);
  auto swapped = entries_;
  std::swap(swapped[2], swapped[4]);
  EXPECT_EQ(fault_of(swapped).first, 2u);
  auto truncated = entries_;
  truncated.pop_back();
  EXPECT_EQ(fault_of(truncated).first, 6u);
  auto longer = entries_;
  longer.push_back(log_bytes(7));
  EXPECT_EQ(fault_of(longer).first, 7u);
  EXPECT_EQ(fault_of({}).first, 0u);

  // Altered, but the leaf that the file claims is still the true one: then it is known which.
  std::string file = file_of(entries_, head_of(entries_));
  const size_t at = file.find("device/d5");
  ASSERT_NE(at, std::string::npos);
  file[at + 8] = '6';
  const auto wrong = verify(file);
  ASSERT_TRUE(wrong.has_value());
  EXPECT_EQ(wrong->first, 5u);
  EXPECT_NE(wrong->text.find("entry 5 was altered"), std::string::npos) << wrong->text;

  auto altered = entries_;
  altered[5][altered[5].find("alice")] = 'm';
  EXPECT_NE(fault_of(altered).text.find("altered"), std::string::npos);
}

TEST_F(VerifyLog, AnyChangedByteIsRefused) {
  const std::string file = file_of({entries_[0], entries_[1]}, head_of({entries_[0], entries_[1]}));
  ASSERT_FALSE(verify(file).has_value());
  for (size_t at = 0; at < file.size(); ++at) {
    for (const int bit : {0x01, 0x80}) {
      std::string changed = file;
      changed[at] = static_cast<char>(changed[at] ^ bit);
      EXPECT_TRUE(verify(changed).has_value()) << "byte " << at << " of " << file.size();
    }
  }
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_TRUE(verify(file.substr(0, size)).has_value()) << "cut after " << size;
  }
}

TEST_F(VerifyLog, BeginsWithAnOlderCheckpointOrIsAnotherLog) {
  const Checkpoint old = head_of({entries_[0], entries_[1], entries_[2]});
  EXPECT_FALSE(verify(file_of(entries_, head_of(entries_)), &old).has_value());

  // History rewritten by whoever has the director's key: only the older checkpoint tells.
  auto rewritten = entries_;
  rewritten[1][rewritten[1].find("alice")] = 'm';
  const std::string forged = file_of(rewritten, head_of(rewritten));
  const auto wrong = verify(forged, &old);
  ASSERT_TRUE(wrong.has_value());
  EXPECT_NE(wrong->text.find("3 entries of the older checkpoint"), std::string::npos)
      << wrong->text;

  const Checkpoint newer = head_of(entries_);
  const std::vector<std::string> first(entries_.begin(), entries_.begin() + 2);
  const auto shrunk = verify(file_of(first, head_of(first)), &newer);
  ASSERT_TRUE(shrunk.has_value());
  EXPECT_NE(shrunk->text.find("shrank"), std::string::npos);
  Checkpoint foreign = old;
  foreign.origin = FixedString<kMaxOrigin>("flotilla/0000000000000000");
  EXPECT_TRUE(verify(file_of(entries_, newer), &foreign).has_value());
}

TEST_F(VerifyLog, KeysOfTheWrongRoleOrRootAreRefused) {
  const Checkpoint head = head_of(entries_);
  const auto envelope = sign_checkpoint(keys_.hasher, *keys_.release, head);
  std::string file = log_head(as_bytes(keys_.keyset), as_bytes(envelope.value()));
  for (const std::string& bytes : entries_) add_entry(keys_.hasher, file, as_bytes(bytes));
  EXPECT_TRUE(verify(file).has_value()) << "a release key signs no checkpoints";

  const std::string good = file_of(entries_, head);
  keys_.anchor.roots = {keys_.device->public_key()};
  const auto wrong = verify(good);
  ASSERT_TRUE(wrong.has_value());
  EXPECT_NE(wrong->text.find("root key"), std::string::npos) << wrong->text;
  keys_.anchor.roots.clear();
  EXPECT_FALSE(verify(good).has_value()) << "on its own word";
}

TEST_F(VerifyLog, EarlierKeysetsLeadFromAnOldRootToTheNewest) {
  const Checkpoint head = head_of(entries_);
  const std::string checkpoint = sign_checkpoint(keys_.hasher, *keys_.director, head).value();
  const std::string first = keys_.keyset;
  const auto replace_root = [&](uint32_t epoch) {
    const auto before = std::exchange(keys_.root, keys_.make(epoch == 4 ? "root4" : "root5"));
    return keys_.sign(keys_.make_keyset(epoch, keys_.release, 0), {before, keys_.root});
  };
  const std::string second = replace_root(4), newest = replace_root(5);
  const auto with = [&](const std::vector<std::string>& earlier) {
    std::string file = log_head(as_bytes(newest), as_bytes(checkpoint), earlier);
    for (const std::string& bytes : entries_) add_entry(keys_.hasher, file, as_bytes(bytes));
    return verify(file);
  };
  EXPECT_FALSE(with({first, second}).has_value()) << "the root of the first";
  EXPECT_TRUE(with({}).has_value());
  EXPECT_FALSE(with({second}).has_value()) << "the first root has signed the second keyset";
  EXPECT_TRUE(with({first}).has_value()) << "one is missing in between";
  EXPECT_TRUE(with({second, first}).has_value()) << "in another order";
  keys_.anchor.roots = {keys_.root->public_key()};
  EXPECT_FALSE(with({first, second}).has_value()) << "the root of the last";
  EXPECT_EQ(seen_, entries_.size());
}

TEST_F(VerifyLog, HeadAloneIsACheckpoint) {
  const Checkpoint head = head_of(entries_);
  CheckedHead out;
  EXPECT_FALSE(check_head(keys_.tools, keys_.anchor, as_bytes(file_of({}, head)), out).has_value());
  EXPECT_EQ(out.checkpoint.head, head.head);
  EXPECT_EQ(out.director, keys_.director->key_id());
  EXPECT_EQ(out.keyset_epoch, 3u);
}

}  // namespace
}  // namespace flotilla::controller::proof
