#pragma once

#include <string>
#include <string_view>

#include "controller/api/json.h"

/// The version document: what an author says of a version (docs/metadata.md).
namespace flotilla::controller::api {

/// Text of schemas/document/version-1.json, compiled in.
std::string_view document_schema_text();

/// Parses a document and holds it against its schema, and its parts against each other: confidence
/// intervals hold their value, steps of a chain read what the step before wrote, one variant for
/// each class. `out`: the document. The refusal names what is wrong and what is allowed.
std::optional<Refusal> read_document(std::string_view text, Json& out);

/// Every member there is, to fill in: text of JSON.
std::string document_template();

}  // namespace flotilla::controller::api
