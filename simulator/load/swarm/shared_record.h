#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>

namespace flotilla::sim {

/// A few full records of each size, as models for others.
class RecordSamples {
 public:
  using Sample = std::shared_ptr<const std::string>;

  /// The newest ones of this size.
  const std::deque<Sample>& of(size_t size) { return samples_[size]; }
  Sample add(std::string record);

 private:
  std::map<size_t, std::deque<Sample>> samples_;
};

/// A record of which other devices have nearly the same: kept as a sample and what differs from it.
class SharedRecord {
 public:
  bool empty() const { return sample_ == nullptr; }
  void clear();
  void set(RecordSamples& samples, std::string record);
  std::string get() const;
  /// Bytes that are this record's alone.
  size_t own_size() const { return own_.size(); }

 private:
  RecordSamples::Sample sample_;
  std::string own_;  ///< runs: offset (2 bytes), length (1 byte), bytes
};

}  // namespace flotilla::sim
