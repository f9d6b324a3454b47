#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schemas/base/time.h"

namespace flotilla::sim {

/// One broken rule.
struct Violation {
  std::string rule;
  MonoTime when;
  std::string what;
};

/// What the checkers found. The first violations are kept, all are counted.
class Verdict {
 public:
  void add(const std::string& rule, MonoTime when, const std::string& what) {
    ++count_;
    if (violations_.size() < kKept) violations_.push_back({rule, when, what});
  }
  bool ok() const { return count_ == 0; }
  uint64_t count() const { return count_; }
  const std::vector<Violation>& violations() const { return violations_; }

 private:
  static constexpr size_t kKept = 20;
  uint64_t count_ = 0;
  std::vector<Violation> violations_;
};

}  // namespace flotilla::sim
