#pragma once

#include <flatbuffers/flatbuffers.h>

#include "generated/common_generated.h"
#include "schemas/base/bytes.h"
#include "schemas/base/digest.h"
#include "schemas/base/fixed_string.h"
#include "schemas/base/status.h"
#include "schemas/base/time.h"

/// What the decoders share. Nothing of a buffer is read before open() accepted it.
namespace flotilla::wire {

/// What a message may look like, whatever its content.
struct Shape {
  const char* identifier;
  size_t max_size;
  uint32_t max_tables;  ///< one more than the largest valid message has, to say what is wrong
};

inline constexpr uint32_t kMaxDepth = 8;

/// Size, alignment and file identifier; everything that comes before the Verifier.
Status check_frame(Bytes bytes, const Shape& shape);

/// The verified root table, which borrows from `bytes`.
template <typename Table>
Result<const Table*> open(Bytes bytes, const Shape& shape) {
  FLOTILLA_TRY(check_frame(bytes, shape));
  flatbuffers::Verifier verifier(bytes.data(), bytes.size(), kMaxDepth, shape.max_tables);
  if (!verifier.VerifyBuffer<Table>(shape.identifier))
    return Status(Code::kInvalidArgument, "message is malformed");
  return flatbuffers::GetRoot<Table>(bytes.data());
}

inline std::string_view text_of(const flatbuffers::String* field) {
  return field == nullptr ? std::string_view() : std::string_view(field->c_str(), field->size());
}
inline Bytes bytes_of(const flatbuffers::Vector<uint8_t>* field) {
  return field == nullptr ? Bytes() : Bytes(field->data(), field->size());
}
inline bool is_aligned(Bytes bytes) {
  return reinterpret_cast<uintptr_t>(bytes.data()) % 8 == 0;
}

template <size_t N>
Status read_text(const flatbuffers::String* field, FixedString<N>& out) {
  if (out.assign(text_of(field))) return ok_status();
  return Status(Code::kOutOfRange, "a text exceeds its limit");
}

inline Digest digest_of(const fb::Digest* field) {
  Digest digest;
  if (field != nullptr) copy({field->bytes()->data(), Digest::kSize}, digest.bytes);
  return digest;
}

/// Calls `read(row)` for each row of an optional vector of at most `limit` tables.
template <typename Row, typename Read>
Status read_rows(const flatbuffers::Vector<flatbuffers::Offset<Row>>* rows, size_t limit,
                 Read read) {
  if (rows == nullptr) return ok_status();
  if (rows->size() > limit) return Status(Code::kOutOfRange, "a list exceeds its limit");
  for (flatbuffers::uoffset_t i = 0; i < rows->size(); ++i) FLOTILLA_TRY(read(*rows->Get(i)));
  return ok_status();
}

}  // namespace flotilla::wire
