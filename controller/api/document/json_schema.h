#pragma once

#include <string>
#include <vector>

#include "controller/api/json.h"

namespace flotilla::controller::api {

/// What a schema finds wrong with a value.
struct SchemaFault {
  std::string path;     ///< as "variants[0].files[1].digest"; empty: the whole
  std::string found;    ///< the value as a person would quote it, or "missing"
  std::string allowed;  ///< what is allowed, with the schema's own description
};

/// Holds values against a JSON Schema of draft 2020-12, as far as our own schemas use it: type,
/// properties, required, items, enum, const, minimum, maximum, minLength, maxLength, maxItems,
/// pattern (of a known few) and $ref into $defs. A member or element that is null counts as absent.
/// Members that the schema does not name are allowed. Nesting of the schema bounds the recursion.
class JsonSchema {
 public:
  static constexpr size_t kMaxFaults = 16;

  explicit JsonSchema(const Json& schema) : schema_(schema) {}

  /// The first faults, in the order of the value.
  std::vector<SchemaFault> check(const Json& value) const;

  /// Keywords and patterns of the schema that check() does not know; a test wants none.
  std::vector<std::string> unknown() const;

  /// A value with every member that the schema names: objects and one element of each list, null
  /// for the rest.
  Json skeleton() const;

 private:
  const Json& resolve(const Json& schema) const;
  Json skeleton_of(const Json& schema) const;

  const Json& schema_;
};

}  // namespace flotilla::controller::api
