#pragma once

#include <memory>

#include "controller/artifact/delta/match_finder.h"
#include "controller/artifact/delta/planned_op.h"

namespace flotilla::controller {

/// Half-open range of a file.
struct Span {
  uint64_t begin = 0;
  uint64_t end = 0;
};

/// The bytes of a file outside some spans, joined: model files keep their structure in many small
/// pieces between tensors, and a piece finds its likeness best among the other pieces.
class Remainder {
 public:
  /// `taken` is sorted. Borrows the file.
  Remainder(Bytes file, const std::vector<Span>& taken);
  Remainder(const Remainder&) = delete;

  Bytes bytes() const { return bytes_; }
  /// Offset in the file of a joined byte, and the end of the piece it lies in.
  Span locate(uint64_t joined) const;
  /// Number of joined bytes that lie before `offset` of the file.
  uint64_t joined_before(uint64_t offset) const;

 private:
  struct Piece {
    uint64_t joined;
    uint64_t file;
    uint64_t size;
  };

  void add(uint64_t begin, uint64_t end);
  void join(Bytes file);

  std::vector<Piece> pieces_;
  std::vector<uint8_t> joined_;  ///< empty when there is one piece only
  Bytes bytes_;
};

/// Plans the bytes outside tensors. Chunks decode alone, so each is planned alone: a repetition may
/// look back to the beginning of its chunk only. Safe to use from several threads.
class StructurePlanner {
 public:
  /// `used`: parts of the base that tensors are made from; `planned`: the target's tensors.
  StructurePlanner(Bytes base, std::vector<Span> used, Bytes target,
                   const std::vector<Span>& planned);

  /// Operations for the bytes of target[begin, end) outside `planned`, in order.
  std::vector<PlannedOp> plan(uint64_t begin, uint64_t end) const;

 private:
  Remainder base_;
  Remainder target_;
  MatchFinder finder_;
};

}  // namespace flotilla::controller
