#include "schemas/protocol/delta/op_check.h"

namespace flotilla::delta {
namespace {

constexpr Status malformed(const char* reason) {
  return Status(Code::kInvalidArgument, reason);
}

}  // namespace

Status check_op(const OpHeader& op, const OpBounds& bounds) {
  if (op.length > bounds.left || op.output_size() > bounds.left) {
    return malformed("operation exceeds the output range");
  }
  const uint64_t size = op.base_size();
  if (size > bounds.base_size || op.base_offset > bounds.base_size - size) {
    return malformed("operation exceeds the base");
  }
  if (looks_back(op.kind) && op.distance > bounds.made) return malformed("distance");
  if (is_typed(op.kind) && op.typed.by_column() && op.typed.columns > bounds.scales) {
    return malformed("more columns than the profile has");
  }
  return ok_status();
}

}  // namespace flotilla::delta
