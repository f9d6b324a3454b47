#pragma once

#include <string>
#include <string_view>

#include "controller/artifact/models/model_file.h"

namespace flotilla::controller {

/// Whether two tensors may name the same bytes; if so, the first one is reported.
enum class Sharing : uint8_t { kRefused, kAllowed };

/// Whether a tensor's size follows from its type and shape.
enum class Packing : uint8_t { kDense, kSparse };

/// One pass over a model file: the tensors found so far, and the first thing that is wrong. After
/// a fault nothing more is added, and every reader of numbers gives 0, so that parsers need to
/// look at ok() only in their loops.
class Reading {
 public:
  Reading(ModelFormat format, Bytes file) : file_(file) { model_.format = format; }

  Bytes file() const { return file_; }
  bool ok() const { return fault_.ok(); }

  /// Remembers the first fault. `reason` is a literal, `at` an offset into the file, `subject` what
  /// the fault is about, such as a tensor's name. Always false.
  bool fail(const char* reason, uint64_t at, std::string_view subject = {},
            Code code = Code::kInvalidArgument);

  /// True when [at, at + size) lies inside the file; else it is a fault.
  bool inside(uint64_t at, uint64_t size);

  /// Little-endian unsigned integer of 1, 2, 4 or 8 bytes at `at`; a fault and 0 outside the file.
  uint64_t number(uint64_t at, unsigned width);

  /// Counts one tensor that was looked at, with data or not; bounds hostile repetition.
  bool visit(uint64_t at);

  /// Counts bytes of memory that the description takes; add() counts name and shape itself.
  bool charge(uint64_t bytes, uint64_t at);

  /// Takes over a tensor; empty ones are left out. `at` is where the file describes it.
  bool add(TensorSpan tensor, Packing packing, uint64_t at);

  /// Counts an operator; the model has a graph from then on.
  bool add_operator(std::string_view name, uint64_t at);

  /// Takes over an input or output of the model.
  bool add_value(std::vector<GraphValue> Graph::*list, GraphValue value, uint64_t at);

  /// A tensor whose data is in another file.
  void add_elsewhere() { ++model_.tensors_elsewhere; }

  /// The model's graph, made when there is none yet.
  Graph& graph();

  /// Takes over the sorted result; the reading is then used up.
  Result<ModelFile> finish(Sharing sharing, std::string* explanation);

 private:
  void sort(Sharing sharing);

  Bytes file_;
  ModelFile model_;
  uint64_t visited_ = 0;
  uint64_t charged_ = 0;
  Status fault_;
  std::string explanation_;
};

}  // namespace flotilla::controller
