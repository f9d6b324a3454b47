#pragma once

#include <array>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "schemas/base/digest.h"
#include "schemas/base/fixed_string.h"
#include "schemas/base/fixed_vector.h"
#include "schemas/base/time.h"

namespace flotilla::controller {

/// Moves fields to or from the bytes of a record: one list of fields serves both directions, so
/// that writer and reader cannot disagree. Numbers are varints (LEB128), signed ones zigzagged;
/// texts and collections carry their length. Reading never trusts a length: a bad or missing byte
/// makes the archive not ok, and every later field keeps its default.
class RecordArchive {
 public:
  /// `version`: of the format, which decides which fields there are.
  RecordArchive(std::string& out, uint8_t version) : out_(&out), version_(version) {}
  RecordArchive(std::string_view in, uint8_t version) : in_(in), version_(version) {}

  bool loading() const { return out_ == nullptr; }
  uint8_t version() const { return version_; }
  bool ok() const { return ok_; }
  /// Everything was read.
  bool at_end() const { return in_.empty(); }
  void fail() { ok_ = false; }

  void number(uint64_t& value, uint64_t max);
  void raw(MutableBytes bytes);
  void text(std::string& value);
  /// Number of elements; each takes at least one byte, so a larger count than bytes are left fails.
  size_t count(size_t size);

 private:
  void put_number(uint64_t value);
  uint64_t take_number();
  std::string_view take(size_t size);

  std::string* out_ = nullptr;
  std::string_view in_;
  uint8_t version_;
  bool ok_ = true;
};

// ---- one overload for each kind of field; records add theirs in record_codec.cc

template <typename T>
requires std::is_unsigned_v<T>
void field(RecordArchive& archive, T& value) {
  uint64_t wide = value;
  archive.number(wide, std::numeric_limits<T>::max());
  if (archive.loading()) value = static_cast<T>(wide);
}

inline void field(RecordArchive& archive, std::string& value) {
  archive.text(value);
}
inline void field(RecordArchive& archive, Digest& value) {
  archive.raw(value.bytes);
}

template <size_t N>
void field(RecordArchive& archive, std::array<uint8_t, N>& value) {
  archive.raw(value);
}

template <size_t N>
void field(RecordArchive& archive, FixedString<N>& value) {
  std::string text(value.view());
  archive.text(text);
  if (archive.loading() && !value.assign(text)) archive.fail();
}

void field(RecordArchive& archive, WallTime& value);

/// An enumeration whose values are 0..last.
template <typename Enum>
void one_of(RecordArchive& archive, Enum& value, Enum last) {
  uint64_t wide = static_cast<uint64_t>(value);
  archive.number(wide, static_cast<uint64_t>(last));
  if (archive.loading()) value = static_cast<Enum>(wide);
}

template <typename T>
void field(RecordArchive& archive, std::vector<T>& values) {
  const size_t size = archive.count(values.size());
  if (archive.loading()) values.assign(size, T{});
  for (T& value : values) field(archive, value);
}

template <typename T, size_t N>
void field(RecordArchive& archive, FixedVector<T, N>& values) {
  const size_t size = archive.count(values.size());
  if (archive.loading()) values.clear();
  for (size_t i = 0; i < size && archive.ok(); ++i) {
    T value = archive.loading() ? T{} : values[i];
    field(archive, value);
    if (archive.loading() && !values.push_back(value)) archive.fail();
  }
}

/// Keys ascend strictly, so that one map has one encoding.
template <typename T>
void field(RecordArchive& archive, std::map<std::string, T>& values) {
  const size_t size = archive.count(values.size());
  if (!archive.loading()) {
    for (auto& [key, value] : values) {
      std::string copy = key;
      field(archive, copy);
      field(archive, value);
    }
    return;
  }
  values.clear();
  for (size_t i = 0; i < size && archive.ok(); ++i) {
    std::string key;
    T value{};
    field(archive, key);
    field(archive, value);
    if (!values.empty() && key <= values.rbegin()->first) archive.fail();
    values.emplace_hint(values.end(), std::move(key), std::move(value));
  }
}

template <typename... Fields>
void all(RecordArchive& archive, Fields&... fields) {
  (field(archive, fields), ...);
}

}  // namespace flotilla::controller
