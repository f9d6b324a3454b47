#include "controller/adapters/shelf_publisher.h"

#include <utility>

#include "schemas/base/assert.h"

namespace flotilla::controller {
namespace {

constexpr uint32_t kListMask = 0x7FFFFFFF;

}  // namespace

void ShelfPublisher::begin(std::vector<Item> items) {
  FLOTILLA_ASSERT(!running() && !items.empty() && items.size() <= UINT32_MAX);
  items_ = std::move(items);
  next_ = 0;
  answered_ = 0;
  list_ = (list_ + 1) & kListMask;
  refusal_.clear();
}

bool ShelfPublisher::finished() {
  if (!running()) return false;
  while (refusal_.empty() && next_ < items_.size() && next_ - answered_ < window_) {
    const uint64_t token = kTokenBit | uint64_t{list_} << 32 | next_;
    const Item& item = items_[next_];
    if (!transport_.publish(item.topic, item.payload, true, token).ok()) return false;
    ++next_;
  }
  if (refusal_.empty() && answered_ < items_.size()) return false;
  abandon();
  return true;
}

bool ShelfPublisher::on_published(uint64_t token, bool ok, const std::string& reason) {
  if ((token & kTokenBit) == 0) return false;
  if (!running() || ((token >> 32) & kListMask) != list_) return true;
  ++answered_;
  if (!ok && refusal_.empty()) refusal_ = reason.empty() ? "refused" : reason;
  return true;
}

void ShelfPublisher::abandon() {
  items_.clear();
}

}  // namespace flotilla::controller
