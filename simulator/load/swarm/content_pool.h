#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "schemas/base/digest.h"
#include "simulator/load/swarm/shared_record.h"

namespace flotilla::sim {

using Content = std::shared_ptr<const std::string>;

/// The pages of one slot; devices in the same state share it.
struct PageTable {
  std::vector<Content> pages;
  std::optional<Digest> digest;  ///< of the image, once somebody measured it
};
using TablePtr = std::shared_ptr<PageTable>;

/// Byte strings by content: ten thousand devices with the same image hold it once. A value goes
/// when the last device lets go of it.
class ContentPool {
 public:
  Content intern(std::string bytes);
  TablePtr intern(std::vector<Content> pages);
  size_t size() const { return contents_.size(); }
  RecordSamples& records() { return records_; }

 private:
  void sweep();

  std::unordered_multimap<uint64_t, std::weak_ptr<const std::string>> contents_;
  std::unordered_multimap<uint64_t, std::weak_ptr<PageTable>> tables_;
  RecordSamples records_;
  size_t sweep_at_ = 4096;
};

}  // namespace flotilla::sim
