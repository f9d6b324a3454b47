#include "controller/app/cli/search_table.h"

#include <algorithm>
#include <cstdio>

#include "controller/adapters/http_client.h"
#include "controller/app/cli/delta_document.h"
#include "controller/app/cli/table.h"

namespace flotilla::controller::app {

namespace {

constexpr uint64_t kPage = 200;

/// One document of all pages; `next` is null when the search came to its end.
std::optional<api::Json> find_versions(Session& session, const std::string& where, uint64_t limit) {
  api::Json found = {{"versions", api::Json::array()}, {"next", nullptr}};
  do {
    const uint64_t rest = limit - found["versions"].size();
    std::string path = "/versions?limit=" + std::to_string(std::min(rest, kPage)) +
                       "&where=" + encode_path_segment(where);
    if (found["next"].is_string()) {
      path += "&cursor=" + encode_path_segment(found["next"].get<std::string>());
    }
    auto page = session.get(path);
    if (!page) return std::nullopt;
    for (api::Json& version : (*page)["versions"]) {
      found["versions"].push_back(std::move(version));
    }
    found["next"] = (*page)["next"];
  } while (found["next"].is_string() && found["versions"].size() < limit);
  return found;
}

std::vector<std::string> row(const api::Json& version, const api::Json& match) {
  const api::Json& facts = match["facts"];
  const api::Json known = facts.is_object() ? facts : api::Json::object();
  const auto sparsity = known.find("sparsity");
  const bool is_counted = sparsity != known.end() && sparsity->is_number();
  return {
      field(version, "model"),        field(version, "version"),
      field(version, "label"),        instant(version, "created"),
      field(match, "hardware_class"), size_text(number(match, "image_size")),
      field(known, "format"),         field(known, "dtype"),
      field(known, "quantisation"),   is_counted ? percent_text(sparsity->get<double>(), 1) : "-"};
}

}  // namespace

void list_versions(Session& session, const std::string& where, uint64_t limit) {
  const auto found = find_versions(session, where, limit);
  if (!found || session.print_json(*found)) return;
  Table table({"MODEL", "VERSION", "LABEL", "CREATED", "CLASS", "SIZE", "FORMAT", "WEIGHTS",
               "QUANTISATION", "ZEROS"});
  for (const api::Json& version : (*found)["versions"]) {
    for (const api::Json& match : version["matches"]) table.add(row(version, match));
  }
  table.print();
  if ((*found)["next"].is_string()) std::printf("there may be more: raise --limit\n");
}

}  // namespace flotilla::controller::app
