#include <algorithm>

#include "controller/api/endpoints.h"
#include "controller/api/facts_view.h"
#include "controller/api/search/version_fields.h"
#include "controller/api/views.h"
#include "controller/domain/bounds.h"

namespace flotilla::controller::api {

namespace {

/// What one request may look at, so that it does not hold up the loop; the cursor goes on.
constexpr size_t kMaxLookedAt = 20'000;                ///< versions
constexpr size_t kMaxDocumentBytes = size_t{1} << 20;  ///< of documents that are parsed

/// Where a page ends: at this version, which was looked at.
struct Cursor {
  std::string model;
  uint32_t version = UINT32_MAX;
};

std::string cursor_text(const Cursor& cursor) {
  return cursor.model + "/" + std::to_string(cursor.version);
}

std::optional<Cursor> parse_cursor(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos || !is_valid_name(text.substr(0, slash))) return std::nullopt;
  const Json number = Json::parse(text.substr(slash + 1), nullptr, /*allow_exceptions=*/false);
  if (!number.is_number_unsigned() || number > kMaxVersions) return std::nullopt;
  return Cursor{text.substr(0, slash), number.get<uint32_t>()};
}

/// Walks the versions by model, newest first, from behind a cursor.
class Search {
 public:
  Search(const Call& call, const Query& query, size_t limit)
      : call_(call), query_(query), limit_(limit) {}

  Response run(const Cursor& from) {
    const auto& models = call_.plane.models();
    for (auto at = models.lower_bound(from.model); at != models.end() && !full_; ++at) {
      if (!call_.access.sees(Reach{at->first, "", "", ""})) continue;
      const auto& versions = at->second;
      auto version = at->first == from.model
                         ? std::make_reverse_iterator(versions.lower_bound(from.version))
                         : versions.rbegin();
      for (; version != versions.rend() && !full_; ++version) look_at(version->second);
    }
    const auto next = full_ ? std::optional(cursor_text(last_)) : std::nullopt;
    return json_response(200, list_body("versions", std::move(items_), next));
  }

 private:
  void look_at(const ModelVersion& version) {
    if (items_.size() >= limit_ || looked_at_ >= kMaxLookedAt || parsed_ >= kMaxDocumentBytes) {
      full_ = true;
      return;
    }
    ++looked_at_;
    last_ = {version.model, version.version};
    document_.reset();
    Json matches = Json::array();
    for (const Variant& variant : version.variants) {
      const auto values = [&](const std::string& field) {
        const bool in_document = is_document_field(field);
        return field_values(field, version, variant, in_document ? document_of(version) : none_);
      };
      if (query_.matches(values)) matches.push_back(match_json(variant));
    }
    if (matches.empty()) return;
    Json item = version_summary_json(version);
    item["matches"] = std::move(matches);
    items_.push_back(std::move(item));
  }

  static Json match_json(const Variant& variant) {
    return {{"hardware_class", variant.hardware_class},
            {"image_size", variant.image_size},
            {"facts", summary_json(variant.facts)}};
  }

  /// The newest revision, parsed once for all variants.
  const Json& document_of(const ModelVersion& version) {
    if (document_) return *document_;
    const auto& later = call_.plane.revisions(version.model, version.version);
    const std::string& text = later.empty() ? version.document : later.rbegin()->second.document;
    parsed_ += text.size();
    document_ = text.empty() ? Json() : Json::parse(text, nullptr, /*allow_exceptions=*/false);
    return *document_;
  }

  const Call& call_;
  const Query& query_;
  const size_t limit_;
  const Json none_;
  Json items_ = Json::array();
  std::optional<Json> document_;
  Cursor last_;
  size_t looked_at_ = 0;
  size_t parsed_ = 0;
  bool full_ = false;
};

}  // namespace

Response search_versions(const Call& call) {
  const auto& asked = call.request.query;
  std::optional<Response> fault;
  uint64_t limit = 100;
  if (!read_query_number(call, "limit", 1, 1000, limit, fault)) return *fault;
  Query query;
  const auto where = asked.find("where");
  if (where != asked.end()) {
    if (const auto refusal = Query::parse(where->second, field_fault, query)) {
      return problem(*refusal);
    }
  }
  Cursor from;
  const auto cursor = asked.find("cursor");
  if (cursor != asked.end()) {
    const auto parsed = parse_cursor(cursor->second);
    if (!parsed) {
      return problem({Code::kInvalidArgument,
                      "query cursor is '" + cursor->second.substr(0, 60) + "'",
                      "give the 'next' of the page before, or none"});
    }
    from = *parsed;
  }
  return Search(call, query, limit).run(from);
}

}  // namespace flotilla::controller::api
