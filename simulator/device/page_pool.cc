#include "simulator/device/page_pool.h"

#include <algorithm>

#include "simulator/engine/trace.h"

namespace flotilla::sim {
namespace {

uint64_t hash_of(const Page& page) {
  Trace trace;
  trace.bytes(TraceKind::kBytes, page);
  return trace.hash();
}

}  // namespace

PagePool::PagePool() {
  Page blank;
  blank.fill(0xFF);
  erased_ = intern(blank);
}

PagePtr PagePool::intern(const Page& page) {
  const uint64_t hash = hash_of(page);
  auto [at, end] = pages_.equal_range(hash);
  while (at != end) {
    if (PagePtr known = at->second.lock()) {
      if (*known == page) return known;
      ++at;
    } else {
      at = pages_.erase(at);
    }
  }
  PagePtr fresh = std::make_shared<const Page>(page);
  pages_.emplace(hash, fresh);
  return fresh;
}

PagedRegion::PagedRegion(PagePool& pool, size_t size)
    : pool_(pool), size_(size), current_((size + kPageSize - 1) / kPageSize, pool.erased()) {}

void PagedRegion::read(size_t offset, MutableBytes out) const {
  while (!out.empty()) {
    const size_t in_page = offset % kPageSize;
    const size_t take = std::min(kPageSize - in_page, out.size());
    std::copy_n(current_[offset / kPageSize]->begin() + static_cast<std::ptrdiff_t>(in_page), take,
                out.begin());
    out = out.subspan(take);
    offset += take;
  }
}

Page& PagedRegion::own(size_t page) {
  for (Dirty& dirty : dirty_) {
    if (dirty.page == page) return *dirty.owned;
  }
  auto owned = std::make_shared<Page>(*current_[page]);
  dirty_.push_back({page, current_[page], owned});
  current_[page] = owned;
  return *owned;
}

void PagedRegion::write(size_t offset, Bytes bytes) {
  while (!bytes.empty()) {
    const size_t in_page = offset % kPageSize;
    const size_t take = std::min(kPageSize - in_page, bytes.size());
    Page& page = own(offset / kPageSize);
    std::copy_n(bytes.begin(), take, page.begin() + static_cast<std::ptrdiff_t>(in_page));
    bytes = bytes.subspan(take);
    offset += take;
  }
}

void PagedRegion::fill(size_t offset, size_t length, uint8_t value) {
  while (length > 0) {
    const size_t in_page = offset % kPageSize;
    const size_t take = std::min(kPageSize - in_page, length);
    Page& page = own(offset / kPageSize);
    std::fill_n(page.begin() + static_cast<std::ptrdiff_t>(in_page), take, value);
    offset += take;
    length -= take;
  }
}

void PagedRegion::sync() {
  for (const Dirty& dirty : dirty_) current_[dirty.page] = pool_.intern(*dirty.owned);
  dirty_.clear();
}

}  // namespace flotilla::sim
