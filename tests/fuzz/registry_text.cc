// Arbitrary text as a search expression and as a version document: both are understood or refused
// with words, within their bounds.

#include <cstddef>
#include <cstdint>

#include "controller/api/document/version_document.h"
#include "controller/api/search/version_fields.h"
#include "schemas/base/assert.h"

namespace flotilla::controller::api {
namespace {

void search(std::string_view text) {
  Query query;
  const auto refusal = Query::parse(text, field_fault, query);
  if (refusal) {
    FLOTILLA_ASSERT(!refusal->message.empty() && !refusal->remedy.empty());
    return;
  }
  const ModelVersion version;
  const Variant variant;
  const Json document = {{"task", {{"name", "x"}}}, {"evaluation", {1, nullptr}}};
  (void)query.matches(
      [&](const std::string& field) { return field_values(field, version, variant, document); });
}

void document(std::string_view text) {
  Json out;
  const auto refusal = read_document(text, out);
  FLOTILLA_ASSERT(!refusal || !refusal->message.empty());
}

}  // namespace
}  // namespace flotilla::controller::api

/// Byte 0: even, an expression; odd, a document.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flotilla;
  if (size == 0) return 0;
  const std::string_view text = as_text(Bytes(data + 1, size - 1));
  if (data[0] % 2 == 0) {
    controller::api::search(text);
  } else {
    controller::api::document(text);
  }
  return 0;
}
