#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "schemas/base/bytes.h"

namespace flotilla::sim {

inline constexpr size_t kPageSize = 1024;
using Page = std::array<uint8_t, kPageSize>;
using PagePtr = std::shared_ptr<const Page>;

/// Pages by content: ten thousand devices with the same image hold it once.
class PagePool {
 public:
  PagePool();
  /// The pool's page with these bytes.
  PagePtr intern(const Page& page);
  const PagePtr& erased() const { return erased_; }
  size_t size() const { return pages_.size(); }

 private:
  PagePtr erased_;
  std::unordered_multimap<uint64_t, std::weak_ptr<const Page>> pages_;
};

/// A region of a medium, made of pages: what a reader sees, and what a power cut leaves of it.
class PagedRegion {
 public:
  PagedRegion(PagePool& pool, size_t size);

  size_t size() const { return size_; }
  void read(size_t offset, MutableBytes out) const;
  void write(size_t offset, Bytes bytes);
  void fill(size_t offset, size_t length, uint8_t value);
  /// What is there now survives; shared pages again.
  void sync();
  bool is_dirty() const { return !dirty_.empty(); }

  /// For each byte range that was not synced: what the cut makes of it.
  enum class Fate : uint8_t { kOld, kNew, kTorn, kGarbage };
  template <typename Draw>  // Fate(), and uint32_t(uint32_t bound)
  void lose_power(Draw&& draw);

 private:
  Page& own(size_t page);

  PagePool& pool_;
  size_t size_;
  std::vector<PagePtr> current_;
  struct Dirty {
    size_t page = 0;
    PagePtr durable;
    std::shared_ptr<Page> owned;
  };
  std::vector<Dirty> dirty_;
};

template <typename Draw>
void PagedRegion::lose_power(Draw&& draw) {
  constexpr size_t kSector = 64;
  for (Dirty& dirty : dirty_) {
    for (size_t at = 0; at < kPageSize; at += kSector) {
      uint8_t* const now = dirty.owned->data() + at;
      const uint8_t* const before = dirty.durable->data() + at;
      if (equal({now, kSector}, {before, kSector})) continue;
      const Fate fate = draw.fate();
      const size_t kept = fate == Fate::kNew    ? kSector
                          : fate == Fate::kTorn ? draw.below(kSector)
                                                : 0;
      for (size_t i = kept; i < kSector; ++i) {
        now[i] = fate == Fate::kGarbage ? static_cast<uint8_t>(draw.below(256)) : before[i];
      }
    }
  }
  sync();
}

}  // namespace flotilla::sim
