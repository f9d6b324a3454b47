#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "controller/api/json.h"
#include "schemas/base/digest.h"

namespace flotilla::controller::api {

enum class Need : uint8_t { kOptional, kRequired };

/// Takes the members of a JSON object one by one. The first fault is kept, with the field, its
/// value and what is allowed; later reads answer defaults. finish() also refuses members that
/// nobody asked for, so that a misspelt one is noticed.
class BodyReader {
 public:
  /// `path`: where the object stands, as "variants[0]."; empty: the body itself. `object` must
  /// outlive the reader.
  explicit BodyReader(const Json& object, std::string path = "");

  bool has(const char* field) const;
  std::string text(const char* field, size_t max_bytes, Need need = Need::kOptional);
  /// [a-z0-9_-]{1,32}
  std::string name(const char* field, Need need = Need::kRequired);
  /// A name, the beginning of names and `*`, or `*` for all; empty when absent.
  std::string pattern(const char* field);
  /// A digest in hexadecimal; none when absent and optional.
  Digest digest(const char* field, Need need = Need::kRequired);
  uint64_t number(const char* field, uint64_t low, uint64_t high, uint64_t fallback);
  uint64_t required_number(const char* field, uint64_t low, uint64_t high);
  bool boolean(const char* field, bool fallback);
  /// An array of `low` to `high` elements; an empty array after a fault.
  const Json& array(const char* field, size_t low, size_t high, Need need = Need::kRequired);
  /// At most 16 pairs of name and text of at most 64 bytes.
  std::map<std::string, std::string> labels(const char* field);
  /// The member as it is, null when absent.
  const Json& any(const char* field);

  bool ok() const { return !fault_.has_value(); }
  void fail(const char* field, const std::string& found, const std::string& allowed);
  /// Takes over the fault of a nested object's reader.
  void refuse(const Refusal& refusal);
  std::optional<Refusal> finish();

 private:
  const Json* take(const char* field, Need need);

  const Json& object_;
  std::string path_;
  std::set<std::string> taken_;
  std::optional<Refusal> fault_;
};

/// The value as a person would quote it: JSON text of at most 60 bytes.
std::string quote(const Json& value);
std::string range_text(uint64_t low, uint64_t high);

}  // namespace flotilla::controller::api
