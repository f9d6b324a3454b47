#include "schemas/protocol/hash_tree.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/schemas/sha256.h"

namespace flotilla {
namespace {

using testing::Sha256;

constexpr size_t kLargestLog = 131;

Sha256 g_tree_hasher;

std::string log_entry(size_t i) {
  return "entry " + std::to_string(i * i);
}

size_t half_of(size_t n) {
  size_t k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

/// MTH of RFC 6962, section 2.1, recursive as it stands there; remembered, since all sizes ask.
const Digest& range_root(size_t begin, size_t end) {
  static std::vector<std::vector<Digest>> known(kLargestLog + 1,
                                                std::vector<Digest>(kLargestLog + 1));
  Digest& out = known[begin][end];
  if (!out.is_none()) return out;
  if (end - begin == 1) {
    const uint8_t tag = 0;
    return out = g_tree_hasher.sha256({{&tag, 1}, as_bytes(log_entry(begin))});
  }
  const size_t middle = begin + half_of(end - begin);
  const Digest left = range_root(begin, middle), right = range_root(middle, end);
  const uint8_t tag = 1;
  return out = g_tree_hasher.sha256({{&tag, 1}, left.view(), right.view()});
}

using Nodes = std::vector<uint8_t>;

void add(Nodes& path, const Digest& node) {
  path.insert(path.end(), node.bytes.begin(), node.bytes.end());
}

/// PATH of section 2.1.1.
Nodes log_path(size_t m, size_t begin, size_t end) {
  if (end - begin == 1) return {};
  const size_t middle = begin + half_of(end - begin);
  Nodes path = m < middle ? log_path(m, begin, middle) : log_path(m, middle, end);
  add(path, m < middle ? range_root(middle, end) : range_root(begin, middle));
  return path;
}

/// SUBPROOF of section 2.1.2.
Nodes log_growth(size_t m, size_t begin, size_t end, bool whole) {
  const size_t n = end - begin;
  Nodes path;
  if (m == n) {
    if (!whole) add(path, range_root(begin, end));
    return path;
  }
  const size_t k = half_of(n);
  if (m <= k) {
    path = log_growth(m, begin, begin + k, whole);
    add(path, range_root(begin + k, end));
  } else {
    path = log_growth(m - k, begin + k, end, false);
    add(path, range_root(begin, begin + k));
  }
  return path;
}

bool includes(size_t index, size_t size, Bytes path) {
  return hash_tree::verify_inclusion(g_tree_hasher, range_root(index, index + 1), index, size, path,
                                     range_root(0, size));
}

bool grows(size_t from, size_t to, Bytes path) {
  return hash_tree::verify_growth(g_tree_hasher, from, range_root(0, from), to, range_root(0, to),
                                  path);
}

TEST(HashTree, HashesAreThoseOfTheRfc) {
  EXPECT_EQ(to_hex(hash_tree::empty_root(g_tree_hasher)),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(hash_tree::leaf_hash(g_tree_hasher, {})),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  const Digest a = range_root(0, 1), b = range_root(1, 2);
  EXPECT_EQ(hash_tree::leaf_hash(g_tree_hasher, as_bytes(log_entry(0))), a);
  EXPECT_EQ(hash_tree::node_hash(g_tree_hasher, a.view(), b.view()), range_root(0, 2));
}

TEST(HashTree, AcceptsEveryEntryOfEveryLog) {
  for (size_t size = 1; size <= kLargestLog; ++size) {
    for (size_t i = 0; i < size; ++i) {
      EXPECT_TRUE(includes(i, size, log_path(i, 0, size))) << i << " of " << size;
    }
  }
}

TEST(HashTree, AcceptsTheGrowthOfEveryLogToEveryOther) {
  for (size_t to = 1; to < kLargestLog; ++to) {
    for (size_t from = 1; from <= to; ++from) {
      EXPECT_TRUE(grows(from, to, log_growth(from, 0, to, true))) << from << " to " << to;
    }
    EXPECT_FALSE(hash_tree::verify_growth(g_tree_hasher, 0, {}, to, range_root(0, to), {}));
    EXPECT_FALSE(grows(to + 1, to, {}));
  }
}

TEST(HashTree, RefusesAnotherIndexSizeOrLength) {
  for (size_t size : {1u, 2u, 3u, 7u, 8u, 13u, 64u, 100u, 130u}) {
    for (size_t i = 0; i < size; i += 1 + size / 9) {
      const Nodes path = log_path(i, 0, size);
      const Digest leaf = range_root(i, i + 1), root = range_root(0, size);
      for (size_t other = 0; other < size + 3; ++other) {
        EXPECT_EQ(hash_tree::verify_inclusion(g_tree_hasher, leaf, other, size, path, root),
                  other == i);
      }
      Nodes longer = path;
      longer.resize(path.size() + 64);
      for (size_t length = 0; length <= longer.size(); ++length) {
        EXPECT_EQ(includes(i, size, Bytes(longer).first(length)), length == path.size());
      }
    }
  }
}

TEST(HashTree, RefusesEveryChangedByteOfAPathOrRoot) {
  for (size_t size : {2u, 5u, 8u, 31u, 130u}) {
    for (size_t i = 0; i < size; i += 1 + size / 5) {
      Nodes path = log_path(i, 0, size);
      for (uint8_t& byte : path) {
        byte ^= 0x10;
        EXPECT_FALSE(includes(i, size, path));
        byte ^= 0x10;
      }
    }
    for (size_t from = 1; from < size; from += 1 + size / 5) {
      Nodes path = log_growth(from, 0, size, true);
      for (uint8_t& byte : path) {
        byte ^= 0x10;
        EXPECT_FALSE(grows(from, size, path)) << from << " to " << size;
        byte ^= 0x10;
      }
      for (size_t at = 0; at < Digest::kSize; ++at) {
        Digest old_root = range_root(0, from), new_root = range_root(0, size);
        old_root.bytes[at] ^= 1;
        EXPECT_FALSE(hash_tree::verify_growth(g_tree_hasher, from, old_root, size, new_root, path));
        old_root.bytes[at] ^= 1;
        new_root.bytes[at] ^= 1;
        EXPECT_FALSE(hash_tree::verify_growth(g_tree_hasher, from, old_root, size, new_root, path));
      }
    }
  }
}

TEST(HashTree, RefusesGrowthBetweenOtherSizes) {
  for (size_t to = 2; to <= 20; ++to) {
    for (size_t from = 1; from < to; ++from) {
      const Nodes path = log_growth(from, 0, to, true);
      for (size_t other = 1; other <= to; ++other) {
        if (other == from) continue;
        EXPECT_FALSE(hash_tree::verify_growth(g_tree_hasher, other, range_root(0, from), to,
                                              range_root(0, to), path))
            << other << " for " << from << " to " << to;
      }
    }
  }
}

}  // namespace
}  // namespace flotilla
