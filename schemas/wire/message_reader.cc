#include "schemas/wire/message_reader.h"

namespace flotilla::wire {
namespace {

/// Root offset and file identifier.
constexpr size_t kMinSize = 8;

}  // namespace

Status check_frame(Bytes bytes, const Shape& shape) {
  if (bytes.size() < kMinSize) return Status(Code::kInvalidArgument, "message is too short");
  if (bytes.size() > shape.max_size) return Status(Code::kOutOfRange, "message exceeds its limit");
  if (!is_aligned(bytes))
    return Status(Code::kInvalidArgument, "message is not aligned to 8 bytes");
  if (!flatbuffers::BufferHasIdentifier(bytes.data(), shape.identifier))
    return Status(Code::kInvalidArgument, "message is of another kind");
  return ok_status();
}

}  // namespace flotilla::wire
