#include <CLI/CLI.hpp>
#include <algorithm>

#include "controller/adapters/http_client.h"
#include "controller/app/cli/amounts.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"

namespace flotilla::controller::app {

namespace {

struct NewToken {
  std::string name;
  std::string identity;
  std::vector<std::string> roles;
  std::vector<std::string> grants;
  std::string model;
  std::string hardware_class;
  std::string site;
  std::string alias;
  std::string expires;
};

constexpr const char* kGrantForm = "ROLE[:model=P][,class=P][,site=P][,alias=P]";

void put(api::Json& grant, const char* name, const std::string& pattern) {
  if (!pattern.empty()) grant[name] = pattern;
}

/// A scope member as the API names it; empty: there is none such.
std::string member_of(const std::string& name) {
  if (name == "class") return "hardware_class";
  return name == "model" || name == "site" || name == "alias" ? name : "";
}

/// "operator:model=pose*,class=cam"
std::optional<api::Json> parse_grant(const std::string& text) {
  const size_t colon = text.find(':');
  api::Json grant = {{"role", text.substr(0, colon)}};
  size_t at = colon == std::string::npos ? text.size() : colon + 1;
  while (at < text.size()) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, end - at);
    const size_t equal = part.find('=');
    const std::string member = member_of(part.substr(0, equal));
    if (equal == std::string::npos || member.empty()) return std::nullopt;
    grant[member] = part.substr(equal + 1);
    at = end + 1;
  }
  return grant;
}

std::string add_grants(const NewToken& wanted, api::Json& body) {
  for (const std::string& role : wanted.roles) {
    api::Json grant = {{"role", role}};
    put(grant, "model", wanted.model);
    put(grant, "hardware_class", wanted.hardware_class);
    put(grant, "site", wanted.site);
    put(grant, "alias", wanted.alias);
    body["grants"].push_back(std::move(grant));
  }
  for (const std::string& text : wanted.grants) {
    auto grant = parse_grant(text);
    if (!grant) return "--grant is '" + text + "'; write " + kGrantForm;
    body["grants"].push_back(std::move(*grant));
  }
  return body["grants"].empty() ? "a token without a role may do nothing: give --role or --grant"
                                : "";
}

void create_token(Session& session, const NewToken& wanted) {
  api::Json body = {{"name", wanted.name}, {"grants", api::Json::array()}};
  std::string wrong = add_grants(wanted, body);
  if (!wanted.identity.empty()) body["identity"] = wanted.identity;
  if (!wanted.expires.empty()) {
    const auto seconds = parse_duration(wanted.expires);
    if (!seconds) wrong = "'" + wanted.expires + "' is not a duration; write 12h or 30d";
    if (seconds) body["expires_s"] = *seconds;
  }
  if (!wrong.empty()) {
    return session.fail(kExitUsage, wrong, "see 'flotilla token create --help'");
  }
  const auto reply = session.call("POST", "/tokens", body);
  if (!reply || session.print_json(*reply)) return;
  std::printf("%s\n", field(*reply, "token").c_str());
  std::fprintf(stderr, "this is shown once; the server keeps only its hash\n");
}

struct Member {
  const char* name;
  const char* word;
};
constexpr Member kMembers[] = {
    {"model", "model "}, {"hardware_class", "class "}, {"site", "site "}, {"alias", "alias "}};

/// "operator on model pose*, class cam; viewer"
std::string grants_text(const api::Json& token) {
  std::string out;
  for (const auto& grant : token["grants"]) {
    std::string where;
    for (const Member& member : kMembers) {
      const std::string pattern = field(grant, member.name);
      if (pattern != "*") where += (where.empty() ? " on " : ", ") + (member.word + pattern);
    }
    out += (out.empty() ? "" : "; ") + field(grant, "role") + where;
  }
  return out;
}

void list_tokens(Session& session) {
  const auto reply = session.get("/tokens");
  if (!reply || session.print_json(*reply)) return;
  Table table({"TOKEN", "NAME", "IDENTITY", "CREATED", "EXPIRES", "LAST USED", "GRANTS"});
  for (const auto& row : (*reply)["tokens"]) {
    table.add({field(row, "id"), field(row, "name"), field(row, "identity"),
               instant(row, "created"), instant(row, "expires"), instant(row, "last_used"),
               grants_text(row)});
  }
  table.print();
}

void show_token(Session& session, const std::string& path) {
  const auto reply = session.get(path);
  if (!reply || session.print_json(*reply)) return;
  print_fields(*reply, {"id", "name", "identity", "created", "expires", "last_used"});
  std::printf("%-24s %s\n", "grants", grants_text(*reply).c_str());
  std::string permissions;
  for (const auto& name : (*reply)["permissions"]) {
    permissions += (permissions.empty() ? "" : ", ") + name.get<std::string>();
  }
  std::printf("%-24s %s\n", "may", permissions.c_str());
}

void revoke_token(Session& session, const std::string& id) {
  const auto reply = session.call("DELETE", "/tokens/" + encode_path_segment(id));
  if (!reply || session.print_json(*reply)) return;
  std::printf("token %s is revoked\n", id.c_str());
}

void add_create(CLI::App& noun, Session& session) {
  auto* create = noun.add_subcommand("create", "Make a token; its text is shown once");
  auto wanted = std::make_shared<NewToken>();
  create->add_option("NAME", wanted->name, "What it is called")->required();
  create->add_option("--identity", wanted->identity,
                     "Whose it is; stands in the audit log. Default: NAME");
  create->add_option("--role", wanted->roles,
                     "viewer, publisher, validator, approver, operator, auditor, admin or "
                     "device-enroller; may be repeated");
  create->add_option("--model", wanted->model, "Limits --role to models: a name, or NAM*");
  create->add_option("--class", wanted->hardware_class, "Limits --role to hardware classes");
  create->add_option("--site", wanted->site, "Limits --role to sites");
  create->add_option("--alias", wanted->alias, "Limits --role to aliases");
  create->add_option("--grant", wanted->grants,
                     std::string("A role with limits of its own, may be repeated: ") + kGrantForm);
  create->add_option("--expires", wanted->expires, "Ends after this time, as 30d");
  create->callback([&session, wanted] { create_token(session, *wanted); });
}

}  // namespace

void add_token_verbs(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("token", "Tokens of people and programs")->require_subcommand(1);
  add_create(*noun, session);
  noun->add_subcommand("list", "List the tokens")->callback([&session] { list_tokens(session); });
  auto id = std::make_shared<std::string>();
  auto* show = noun->add_subcommand("show", "What a token may do, and when it was used");
  show->add_option("TOKEN", *id, "Its id")->required();
  show->callback([&session, id] { show_token(session, "/tokens/" + encode_path_segment(*id)); });
  auto* revoke = noun->add_subcommand("revoke", "End a token at once");
  revoke->add_option("TOKEN", *id, "Its id")->required();
  revoke->callback([&session, id] { revoke_token(session, *id); });
  app.add_subcommand("whoami", "The token in use and what it may do")->callback([&session] {
    show_token(session, "/whoami");
  });
}

}  // namespace flotilla::controller::app
