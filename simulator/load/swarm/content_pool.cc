#include "simulator/load/swarm/content_pool.h"

#include <functional>

namespace flotilla::sim {
namespace {

uint64_t hash_of(const std::string& bytes) {
  return std::hash<std::string>{}(bytes);
}

uint64_t hash_of(const std::vector<Content>& pages) {
  uint64_t hash = pages.size();
  for (const Content& page : pages) {
    hash = (hash ^ reinterpret_cast<uintptr_t>(page.get())) * 0x9E3779B97F4A7C15ull;
    hash ^= hash >> 29;
  }
  return hash;
}

template <typename Map, typename Equal>
auto find(Map& known, uint64_t hash, const Equal& equal) -> decltype(known.begin()->second.lock()) {
  auto [at, end] = known.equal_range(hash);
  while (at != end) {
    auto value = at->second.lock();
    if (value != nullptr && equal(*value)) return value;
    at = value == nullptr ? known.erase(at) : std::next(at);
  }
  return nullptr;
}

}  // namespace

Content ContentPool::intern(std::string bytes) {
  const uint64_t hash = hash_of(bytes);
  if (Content known = find(contents_, hash, [&](const auto& other) { return other == bytes; })) {
    return known;
  }
  bytes.shrink_to_fit();
  Content fresh = std::make_shared<const std::string>(std::move(bytes));
  contents_.emplace(hash, fresh);
  sweep();
  return fresh;
}

TablePtr ContentPool::intern(std::vector<Content> pages) {
  const uint64_t hash = hash_of(pages);
  if (TablePtr known = find(tables_, hash, [&](const auto& t) { return t.pages == pages; })) {
    return known;
  }
  TablePtr fresh = std::make_shared<PageTable>();
  fresh->pages = std::move(pages);
  tables_.emplace(hash, fresh);
  sweep();
  return fresh;
}

/// Forgets what is gone, each time the pool has doubled.
void ContentPool::sweep() {
  if (contents_.size() + tables_.size() < sweep_at_) return;
  std::erase_if(contents_, [](const auto& entry) { return entry.second.expired(); });
  std::erase_if(tables_, [](const auto& entry) { return entry.second.expired(); });
  sweep_at_ = std::max<size_t>(4096, 2 * (contents_.size() + tables_.size()));
}

}  // namespace flotilla::sim
