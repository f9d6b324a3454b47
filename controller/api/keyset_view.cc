#include "controller/api/keyset_view.h"

#include "controller/api/text.h"
#include "controller/api/views.h"
#include "controller/domain/text.h"
#include "schemas/protocol/trust.h"

namespace flotilla::controller::api {

Json roles_json(uint8_t roles) {
  Json out = Json::array();
  if ((roles & kRoleRoot) != 0) out.push_back("root");
  if ((roles & kRoleRelease) != 0) out.push_back("release");
  if ((roles & kRoleDirector) != 0) out.push_back("director");
  if ((roles & kRoleApprover) != 0) out.push_back("approver");
  return out;
}

Json keyset_json(Hasher& hasher, const Keyset& keyset) {
  Json keys = Json::array();
  for (const KeysetKey& key : keyset.keys) {
    keys.push_back({{"id", to_hex(key_id(hasher, key.public_key)).view()},
                    {"roles", roles_json(key.roles)},
                    {"scopes", key.scopes},
                    {"public_key", hex_text(key.public_key)}});
  }
  Json rules = Json::array();
  for (const ApprovalRule& rule : keyset.approval_rules) {
    rules.push_back({{"scope", rule.scope}, {"approvals", rule.count}});
  }
  return {{"epoch", keyset.epoch},         {"issued", time_json(keyset.issued)},
          {"issued_ms", keyset.issued.ms}, {"root_threshold", keyset.root_threshold},
          {"keys", std::move(keys)},       {"approval_rules", std::move(rules)}};
}

}  // namespace flotilla::controller::api
