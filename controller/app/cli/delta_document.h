#pragma once

#include <string>

#include "controller/api/json.h"
#include "controller/artifact/delta/round_update.h"

/// What `flotilla model delta` has to tell.
namespace flotilla::controller::app {

/// The facts of a delta that stand in no part of the encoding.
struct DeltaFacts {
  std::string old_file;
  std::string new_file;
  std::string output;
  uint64_t old_bytes = 0;
  uint64_t new_bytes = 0;
  uint64_t file_bytes = 0;  ///< of the output
  double seconds = 0;
  std::string old_format;
  std::string new_format;
};

/// For --json; docs/operations.md names the members.
api::Json delta_document(const DeltaFacts& facts, const SmallestFile& delta);

/// Its member `delta_aware`: what NEW lost when it was rounded.
api::Json rounding_document(const std::string& origin, double step, const RoundedUpdate& rounded);

/// The same for people: totals, and the tensors by what they cost; the `shown` dearest ones, and
/// the rest summed up.
std::string delta_text(const api::Json& document, size_t shown, size_t width);

/// Share of the whole as people read it: "44.6 %", "0.03 %".
std::string percent_text(double part, double whole);

}  // namespace flotilla::controller::app
