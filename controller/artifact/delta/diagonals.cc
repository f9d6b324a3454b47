#include "controller/artifact/delta/diagonals.h"

#include <algorithm>
#include <map>

#include "controller/artifact/delta/base_index.h"
#include "controller/artifact/delta/resemblance.h"

namespace flotilla::controller {
namespace {

constexpr uint64_t kStrongMatch = 24;   ///< bytes that cannot be equal by chance
constexpr size_t kWindowsPerGroup = 8;  ///< windows that look for fuzzy resemblance together
constexpr size_t kVotesNeeded = 3;
constexpr size_t kVotedDiagonals = 2;  ///< of each group of windows
constexpr uint64_t kCancelPollMask = 0xFFFF;

/// What the scan saw in one window: bytes of long matches, and short matches, by diagonal.
struct Seen {
  std::map<int64_t, uint64_t> strong;
  std::vector<int64_t> weak;
};

void record(std::vector<Seen>& windows, const Match& match) {
  if (match.length < kStrongMatch) {
    windows[match.target_offset / Diagonals::kWindow].weak.push_back(match.diagonal());
    return;
  }
  const uint64_t end = match.target_offset + match.length;
  for (uint64_t at = match.target_offset; at < end;) {
    const uint64_t window = at / Diagonals::kWindow;
    const uint64_t stop = std::min(end, (window + 1) * Diagonals::kWindow);
    windows[window].strong[match.diagonal()] += stop - at;
    at = stop;
  }
}

/// False when cancelled.
bool scan(const BaseIndex& index, Bytes target, std::vector<Seen>& windows,
          const std::atomic<bool>& cancel) {
  uint64_t floor = 0;  // bytes before it are matched already
  int64_t preferred = 0;
  uint64_t next_poll = 0;
  for (uint64_t at = 0; at + BaseIndex::kWindow <= target.size();) {
    if (at >= next_poll) {
      if (cancel.load(std::memory_order_relaxed)) return false;
      next_poll = at + kCancelPollMask;
    }
    const Match match = index.find(target, at, floor, preferred);
    if (match.length == 0) {
      ++at;
      continue;
    }
    record(windows, match);
    floor = match.target_offset + match.length;
    at = floor;
    if (match.length >= kStrongMatch) preferred = match.diagonal();
  }
  return true;
}

/// The diagonals that the most items of `votes` name, at least kVotesNeeded each.
std::vector<int64_t> elected(std::vector<int64_t> votes) {
  std::sort(votes.begin(), votes.end());
  std::vector<std::pair<size_t, int64_t>> tally;
  for (size_t i = 0; i < votes.size();) {
    size_t end = i;
    while (end < votes.size() && votes[end] == votes[i]) ++end;
    if (end - i >= kVotesNeeded) tally.emplace_back(end - i, votes[i]);
    i = end;
  }
  std::sort(tally.rbegin(), tally.rend());
  tally.resize(std::min(tally.size(), kVotedDiagonals));
  std::vector<int64_t> result;
  for (const auto& [count, diagonal] : tally) result.push_back(diagonal);
  return result;
}

void append(std::vector<int64_t>& list, int64_t diagonal) {
  if (list.size() >= Diagonals::kMaxCandidates) return;
  if (std::find(list.begin(), list.end(), diagonal) == list.end()) list.push_back(diagonal);
}

void append_strong(std::vector<int64_t>& list, const Seen& seen) {
  std::vector<std::pair<uint64_t, int64_t>> ranked;
  for (const auto& [diagonal, bytes] : seen.strong) ranked.emplace_back(bytes, diagonal);
  std::sort(ranked.rbegin(), ranked.rend());
  for (const auto& [bytes, diagonal] : ranked) append(list, diagonal);
}

/// Candidates that the windows of one group share.
class Groups {
 public:
  Groups(Bytes base, Bytes target, const std::vector<Seen>& windows)
      : base_(base), target_(target), windows_(windows) {}

  std::vector<int64_t> next(size_t first) {
    const size_t last = std::min(windows_.size(), first + kWindowsPerGroup);
    std::vector<int64_t> list = {0};
    append(list, from_end());
    std::vector<int64_t> votes;
    uint64_t matched = 0;
    for (size_t i = first; i < last; ++i) {
      votes.insert(votes.end(), windows_[i].weak.begin(), windows_[i].weak.end());
      for (const auto& [diagonal, bytes] : windows_[i].strong) matched += bytes;
    }
    for (const int64_t diagonal : elected(std::move(votes))) append(list, diagonal);
    const uint64_t begin = first * Diagonals::kWindow;
    const uint64_t end = std::min<uint64_t>(target_.size(), last * Diagonals::kWindow);
    if (matched < (end - begin) / 4 * 3) search(list, begin, end);
    append(list, previous_);
    return list;
  }

 private:
  int64_t from_end() const {
    return static_cast<int64_t>(base_.size()) - static_cast<int64_t>(target_.size());
  }

  /// Offsets drift from tensor to tensor: around the last find first, then around the guesses.
  void search(std::vector<int64_t>& list, uint64_t begin, uint64_t end) {
    std::vector<int64_t> searched;
    for (const int64_t centre : {previous_, int64_t{0}, from_end()}) {
      const auto near = [&](int64_t other) {
        return std::max(other, centre) - std::min(other, centre) < kReach / 2;
      };
      if (std::any_of(searched.begin(), searched.end(), near)) continue;
      searched.push_back(centre);
      const auto found = most_alike(base_, target_, begin, end, centre);
      if (!found) continue;
      append(list, *found);
      previous_ = *found;
      return;
    }
  }

  Bytes base_;
  Bytes target_;
  const std::vector<Seen>& windows_;
  int64_t previous_ = 0;
};

}  // namespace

Diagonals find_diagonals(Bytes base, Bytes target, const std::atomic<bool>& cancel) {
  std::vector<Seen> windows((target.size() + Diagonals::kWindow - 1) / Diagonals::kWindow);
  const BaseIndex index(base);
  if (!scan(index, target, windows, cancel)) return {};

  Diagonals result;
  Groups groups(base, target, windows);
  std::vector<int64_t> shared;
  for (size_t i = 0; i < windows.size(); ++i) {
    if (cancel.load(std::memory_order_relaxed)) return {};
    if (i % kWindowsPerGroup == 0) shared = groups.next(i);
    std::vector<int64_t> list = shared;
    append_strong(list, windows[i]);
    result.by_window.push_back(std::move(list));
  }
  return result;
}

}  // namespace flotilla::controller
