#pragma once

#include "controller/api/search/query.h"
#include "controller/domain/records.h"

/// The fields of a model version and one of its variants that a Query may compare.
namespace flotilla::controller::api {

/// Why there is no such field, with the names there are; empty: there is.
std::string field_fault(const std::string& field);

/// The field is looked up in the version document.
bool is_document_field(const std::string& field);

/// Its values; `document` is what the version's document says, null when it has none.
std::vector<Json> field_values(const std::string& field, const ModelVersion& version,
                               const Variant& variant, const Json& document);

}  // namespace flotilla::controller::api
