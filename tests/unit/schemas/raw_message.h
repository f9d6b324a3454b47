#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstring>
#include <string>
#include <vector>

#include "schemas/base/bytes.h"

/// Messages as a hostile or a future sender would write them: by field id, past the encoders and
/// their checks. The ids are those of schemas/fbs, said a second time on purpose.
namespace flotilla::testing {

using RawBytes = std::vector<uint8_t>;

inline flatbuffers::voffset_t slot(uint16_t field) {
  return static_cast<flatbuffers::voffset_t>(4 + 2 * field);
}

/// A table inside an encoded message, to be changed in place.
class RawTable {
 public:
  explicit RawTable(RawBytes& message)
      : table_(flatbuffers::GetMutableRoot<flatbuffers::Table>(message.data())) {}

  /// Row `i` of a list.
  RawTable row(uint16_t field, uint32_t i) const {
    using Rows = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::Table>>;
    auto* rows = table_->GetPointer<Rows*>(slot(field));
    FLOTILLA_ASSERT(rows != nullptr && i < rows->size());
    return RawTable(rows->GetMutableObject(i));
  }
  /// Overwrites a number that is present.
  template <typename T>
  void put(uint16_t field, T value) const {
    FLOTILLA_ASSERT(table_->GetAddressOf(slot(field)) != nullptr);
    std::memcpy(table_->GetAddressOf(slot(field)), &value, sizeof value);
  }
  /// Overwrites a digest or a salt that is present.
  void put_struct(uint16_t field, const void* value, size_t size) const {
    FLOTILLA_ASSERT(table_->GetAddressOf(slot(field)) != nullptr);
    std::memcpy(table_->GetAddressOf(slot(field)), value, size);
  }
  /// Overwrites the characters of a text or the bytes of a vector from the front.
  void put_front(uint16_t field, std::string_view value) const {
    auto* bytes = table_->GetPointer<flatbuffers::Vector<uint8_t>*>(slot(field));
    FLOTILLA_ASSERT(bytes != nullptr && bytes->size() >= value.size());
    std::memcpy(bytes->Data(), value.data(), value.size());
  }
  /// Pretends that a vector has another length (which must stay inside the message).
  void put_length(uint16_t field, uint32_t length) const {
    auto* bytes = table_->GetPointer<uint8_t*>(slot(field));
    FLOTILLA_ASSERT(bytes != nullptr);
    std::memcpy(bytes, &length, sizeof length);
  }
  /// Makes the reader see an absent field.
  void remove(uint16_t field) const {
    auto* vtable = const_cast<uint8_t*>(table_->GetVTable());
    std::memset(vtable + slot(field), 0, 2);
  }

 private:
  explicit RawTable(flatbuffers::Table* table) : table_(table) {}
  flatbuffers::Table* table_;
};

inline RawBytes finish(flatbuffers::FlatBufferBuilder& builder, uint32_t table,
                       const char* identifier) {
  builder.Finish(flatbuffers::Offset<flatbuffers::Table>(table), identifier);
  return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

/// A message whose only field is a list of `count` empty tables.
inline RawBytes with_list(const char* identifier, uint16_t field, size_t count) {
  flatbuffers::FlatBufferBuilder builder;
  std::vector<flatbuffers::Offset<flatbuffers::Table>> rows;
  for (size_t i = 0; i < count; ++i) rows.push_back(builder.EndTable(builder.StartTable()));
  const auto list = builder.CreateVector(rows);
  const auto start = builder.StartTable();
  builder.AddOffset(slot(field), list);
  return finish(builder, builder.EndTable(start), identifier);
}

/// A message whose only field is a text of `size` letters.
inline RawBytes with_text(const char* identifier, uint16_t field, size_t size) {
  flatbuffers::FlatBufferBuilder builder;
  const auto text = builder.CreateString(std::string(size, 'a'));
  const auto start = builder.StartTable();
  builder.AddOffset(slot(field), text);
  return finish(builder, builder.EndTable(start), identifier);
}

}  // namespace flotilla::testing
