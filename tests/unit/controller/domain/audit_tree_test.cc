#include "controller/domain/audit_tree.h"

#include <gtest/gtest.h>

#include "controller/domain/bounds.h"
#include "controller/domain/control_plane.h"
#include "controller/domain/keys.h"
#include "controller/domain/record_codec.h"
#include "tests/support/controller_world.h"

namespace flotilla::controller {
namespace {

using testing::MemoryStore;
using testing::TestHasher;
using testing::World;

constexpr uint64_t kMost = 130;

/// A log of made-up entries in a store, and its tree.
struct Log {
  explicit Log(uint64_t size, bool with_nodes = true) {
    for (uint64_t i = 0; i < size; ++i) add(i, with_nodes);
  }

  void add(uint64_t number, bool with_nodes) {
    AuditEntry entry;
    entry.number = number;
    entry.object = "device/d" + std::to_string(number % 3);
    entry.detail = std::string(number, 'x');
    const std::string bytes = encode(entry);
    entries.push_back(bytes);
    store.rows[keys::audit(number)] = bytes;
    tree.append(hasher, as_bytes(bytes), [&](uint8_t level, uint64_t index, const Digest& node) {
      if (with_nodes) store.rows[keys::audit_node(level, index)] = encode(AuditNode{node});
    });
  }

  /// MTH of RFC 6962, section 2.1, recursive as it stands there.
  Digest naive(uint64_t begin, uint64_t end) {
    if (begin == end) return hasher.sha256({});
    if (end - begin == 1) {
      const uint8_t tag = 0;
      return hasher.sha256({{&tag, 1}, as_bytes(entries[begin])});
    }
    uint64_t k = 1;
    while (2 * k < end - begin) k *= 2;
    const Digest left = naive(begin, begin + k), right = naive(begin + k, end);
    const uint8_t tag = 1;
    return hasher.sha256({{&tag, 1}, left.view(), right.view()});
  }

  TestHasher hasher;
  MemoryStore store;
  AuditTree tree;
  std::vector<std::string> entries;
};

TEST(AuditTree, TheEdgeGivesTheRootOfTheRfcForEverySize) {
  Log log(0);
  EXPECT_EQ(log.tree.head(log.hasher).root, log.naive(0, 0));
  for (uint64_t size = 1; size <= kMost; ++size) {
    log.add(size - 1, true);
    EXPECT_EQ(log.tree.head(log.hasher), (LogHead{size, log.naive(0, size)})) << size;
    AuditTree again;
    bool complete = false;
    ASSERT_TRUE(again.load(log.store, log.hasher, size, complete).ok());
    EXPECT_TRUE(complete);
    EXPECT_EQ(again.head(log.hasher), log.tree.head(log.hasher)) << "from the store, " << size;
  }
}

TEST(AuditTree, EveryPathOfTheStoredLogVerifies) {
  Log log(kMost);
  for (uint64_t size = 1; size <= kMost; ++size) {
    const auto head = audit_tree::head_at(log.store, log.hasher, size);
    ASSERT_TRUE(head.ok());
    EXPECT_EQ(head.value().root, log.naive(0, size));
    for (uint64_t i = 0; i < size; ++i) {
      const auto path = audit_tree::inclusion_path(log.store, log.hasher, i, size);
      ASSERT_TRUE(path.ok());
      const Digest leaf = hash_tree::leaf_hash(log.hasher, as_bytes(log.entries[i]));
      EXPECT_TRUE(hash_tree::verify_inclusion(log.hasher, leaf, i, size, as_bytes(path.value()),
                                              head.value().root))
          << i << " of " << size;
    }
  }
}

TEST(AuditTree, EveryGrowthOfTheStoredLogVerifies) {
  Log log(kMost);
  std::vector<Digest> roots = {log.naive(0, 0)};
  for (uint64_t size = 1; size <= kMost; ++size) roots.push_back(log.naive(0, size));
  for (uint64_t to = 1; to <= kMost; ++to) {
    for (uint64_t from = 1; from <= to; ++from) {
      const auto path = audit_tree::growth_path(log.store, log.hasher, from, to);
      ASSERT_TRUE(path.ok());
      EXPECT_TRUE(hash_tree::verify_growth(log.hasher, from, roots[from], to, roots[to],
                                           as_bytes(path.value())))
          << from << " to " << to;
    }
  }
  EXPECT_EQ(audit_tree::growth_path(log.store, log.hasher, 0, 3).status().code(),
            Code::kOutOfRange);
  EXPECT_EQ(audit_tree::inclusion_path(log.store, log.hasher, 3, 3).status().code(),
            Code::kOutOfRange);
  EXPECT_EQ(audit_tree::inclusion_path(log.store, log.hasher, 3, kMost + 1).status().code(),
            Code::kUnavailable);
}

TEST(AuditTree, ALogOlderThanTreesGetsItsTreeOnce) {
  for (uint64_t size : {1u, 2u, 3u, 64u, 100u}) {
    Log log(size, false);
    AuditTree tree;
    bool complete = true;
    ASSERT_TRUE(tree.load(log.store, log.hasher, size, complete).ok());
    EXPECT_EQ(complete, size == 1) << "a single entry is its own tree";
    ASSERT_TRUE(tree.build(log.store, log.hasher, size).ok());
    EXPECT_EQ(tree.head(log.hasher), log.tree.head(log.hasher));
    ASSERT_TRUE(tree.load(log.store, log.hasher, size, complete).ok());
    EXPECT_TRUE(complete);
    std::vector<uint64_t> found;
    ASSERT_TRUE(find_audit(log.store, "device/d0", false, 100, found).ok());
    EXPECT_EQ(found.size(), (size + 2) / 3);
  }
}

TEST(AuditTree, FindsTheEntriesOfAnObject) {
  World world;
  world.populate(11);
  std::vector<uint64_t> found;
  ASSERT_TRUE(find_audit(world.store, "device/d1", false, 100, found).ok());
  ASSERT_EQ(found.size(), 1u) << "and none of d10";
  EXPECT_EQ(world.audit()[found[0]].action, "device.enrolled");
}

TEST(AuditTree, FindsTheNewestEntriesWithoutReadingAll) {
  MemoryStore store;
  const auto mark = [&](const char* object, uint64_t number) {
    store.rows[keys::audit_mark(object, number)] = "";
  };
  for (uint64_t i = 0; i < 1000; ++i) {
    mark("device/d1", 3 * i);
    mark("device/d1/model/a", 3 * i + 1);
    mark("device/d2", 3 * i + 2);
  }
  mark("device/d1/model/b", 5000);
  std::vector<uint64_t> found;
  ASSERT_TRUE(find_audit(store, "device/d1", false, 3, found).ok());
  EXPECT_EQ(found, (std::vector<uint64_t>{2991, 2994, 2997}));
  found.clear();
  ASSERT_TRUE(find_audit(store, "device/d1", false, 2, found, 2994).ok());
  EXPECT_EQ(found, (std::vector<uint64_t>{2988, 2991}));
  found.clear();
  ASSERT_TRUE(find_audit(store, "device/d1", true, 3, found).ok());
  EXPECT_EQ(found, (std::vector<uint64_t>{2995, 2998, 5000}));
  EXPECT_LT(store.visited_back, 20u);
}

TEST(AuditTree, SurvivesRestartsAndSeesARewrittenEntry) {
  World world;
  world.populate(3);
  world.run(5);
  const auto before = world.plane().draft_checkpoint(world.now);
  ASSERT_TRUE(before.has_value());
  ASSERT_NE(world.plane().checkpoint(), nullptr) << "made by the first tick";
  world.restart();
  EXPECT_EQ(world.plane().draft_checkpoint(world.now)->head, before->head);

  const std::string kept = world.store.rows[keys::audit(0)];
  world.store.rows[keys::audit(0)].back() ^= 1;
  ControlPlane plane(world.config, world.hasher);
  EXPECT_FALSE(plane.load(world.store).ok());
  world.store.rows[keys::audit(0)] = kept;
  EXPECT_TRUE(plane.load(world.store).ok());
}

TEST(Checkpoints, AreMadeHourlyWhenTheLogHasGrown) {
  World world;
  world.populate(1);
  world.run(2);
  const uint64_t first = world.plane().checkpoint()->value.head.size;
  world.define_class("other");
  world.run(3000);
  EXPECT_EQ(world.plane().checkpoint()->value.head.size, first) << "not yet an hour";
  world.run(1000);
  const uint64_t second = world.plane().checkpoint()->value.head.size;
  EXPECT_GT(second, first);
  EXPECT_NE(world.plane().checkpoint_root(first), nullptr) << "older ones are kept";
  EXPECT_EQ(world.plane().checkpoint_root(first + 1'000'000), nullptr);
  const WallTime made = world.plane().checkpoint()->value.time;
  world.run(8000);
  EXPECT_EQ(world.plane().checkpoint()->value.time, made) << "nothing new to sign";
}

/// The device's next report says this of the log.
void report_witness(World& world, const std::string& device, Witness standing, const LogHead& held,
                    const LogHead& conflict = {}) {
  auto& scripted = world.devices.at(device);
  scripted.changed();
  StateReported event = scripted.report();
  event.report.order.seq += 1000;
  scripted.order.seq += 1000;
  event.report.witness = standing;
  event.report.checkpoint = held;
  event.report.conflict = conflict;
  world.step(event);
}

size_t said(World& world, const std::string& action) {
  size_t out = 0;
  for (const AuditEntry& entry : world.audit()) out += entry.action == action;
  return out;
}

TEST(Witnesses, AgreeOrAreOnRecord) {
  World world;
  world.populate(2);
  world.run(3);
  const LogHead ours = world.plane().checkpoint()->value.head;
  report_witness(world, "d0", Witness::kProven, ours);
  EXPECT_FALSE(world.plane().devices().at("d0").witness_disagrees);
  EXPECT_EQ(world.plane().devices().at("d0").checkpoint, ours);
  EXPECT_EQ(said(world, "device.witness_disagrees"), 0u);

  LogHead other = ours;
  other.root.bytes[0] ^= 1;
  report_witness(world, "d1", Witness::kUnproven, other);
  EXPECT_TRUE(world.plane().devices().at("d1").witness_disagrees);
  report_witness(world, "d1", Witness::kUnproven, other);
  EXPECT_EQ(said(world, "device.witness_disagrees"), 1u) << "said once";
  report_witness(world, "d1", Witness::kUnproven, {ours.size + 1'000'000, ours.root});
  EXPECT_EQ(said(world, "device.witness_disagrees"), 2u) << "it has seen more than there is";
  report_witness(world, "d1", Witness::kProven, ours);
  EXPECT_EQ(said(world, "device.witness_agrees"), 1u);

  report_witness(world, "d0", Witness::kSplit, ours, other);
  EXPECT_EQ(said(world, "device.split_view"), 1u);
  EXPECT_TRUE(world.plane().devices().at("d0").witness_disagrees);
  world.restart();
  EXPECT_EQ(world.plane().devices().at("d0").conflict, other);
}

TEST(Witnesses, WhatEndsADisagreementIsOnRecordAtOnce) {
  World world;
  world.populate(1);
  world.run(3);
  const LogHead ours = world.plane().checkpoint()->value.head;
  LogHead other = ours;
  other.root.bytes[0] ^= 1;
  report_witness(world, "d0", Witness::kUnproven, other);
  report_witness(world, "d0", Witness::kSplit, ours, other);
  report_witness(world, "d0", Witness::kProven, ours);
  EXPECT_EQ(said(world, "device.witness_disagrees"), 1u);
  EXPECT_EQ(said(world, "device.split_view"), 1u) << "an alarm waits for nothing";
  EXPECT_EQ(said(world, "device.witness_agrees"), 1u);
}

TEST(Checkpoints, AnUnansweredSignatureIsAskedForAgainAndAForeignOneIsDropped) {
  World world;
  world.signing = false;
  world.populate(1);
  world.run(2);
  EXPECT_EQ(world.plane().checkpoint(), nullptr);
  Checkpoint foreign = *world.plane().draft_checkpoint(world.now);
  foreign.head.root.bytes[0] ^= 1;
  world.step(KeepCheckpoint{{foreign, "signed"}});
  EXPECT_EQ(world.plane().checkpoint(), nullptr);
  world.signing = true;
  world.run(61);
  EXPECT_NE(world.plane().checkpoint(), nullptr);
}

}  // namespace
}  // namespace flotilla::controller
