#include "simulator/load/swarm/shared_record.h"

#include <algorithm>

namespace flotilla::sim {
namespace {

constexpr size_t kSamples = 8;
constexpr size_t kMaxRun = 255;
constexpr size_t kRunHeader = 3;

/// The runs in which `record` differs from a sample of its size.
std::string difference(const std::string& sample, const std::string& record) {
  std::string out;
  for (size_t at = 0; at < record.size();) {
    if (record[at] == sample[at]) {
      ++at;
      continue;
    }
    // Equal bytes inside a run are cheaper than another run's header.
    size_t end = at + 1;
    for (size_t i = end; i < record.size() && i < end + kRunHeader && i < at + kMaxRun; ++i) {
      if (record[i] != sample[i]) end = i + 1;
    }
    out += static_cast<char>(at & 0xFF);
    out += static_cast<char>(at >> 8);
    out += static_cast<char>(end - at);
    out.append(record, at, end - at);
    at = end;
  }
  return out;
}

}  // namespace

RecordSamples::Sample RecordSamples::add(std::string record) {
  std::deque<Sample>& same_size = samples_[record.size()];
  same_size.push_front(std::make_shared<const std::string>(std::move(record)));
  if (same_size.size() > kSamples) same_size.pop_back();
  return same_size.front();
}

void SharedRecord::clear() {
  sample_ = nullptr;
  std::string().swap(own_);
}

void SharedRecord::set(RecordSamples& samples, std::string record) {
  clear();
  for (const RecordSamples::Sample& sample : samples.of(record.size())) {
    std::string own = difference(*sample, record);
    if (own.size() > record.size() / 4 || (!empty() && own.size() >= own_.size())) continue;
    sample_ = sample;
    own_ = std::move(own);
  }
  own_.shrink_to_fit();
  if (empty()) sample_ = samples.add(std::move(record));
}

std::string SharedRecord::get() const {
  if (empty()) return "";
  std::string out = *sample_;
  for (size_t at = 0; at < own_.size();) {
    const auto byte = [&](size_t i) { return size_t{static_cast<unsigned char>(own_[at + i])}; };
    const size_t offset = byte(0) | byte(1) << 8;
    const size_t length = byte(2);
    out.replace(offset, length, own_, at + kRunHeader, length);
    at += kRunHeader + length;
  }
  return out;
}

}  // namespace flotilla::sim
