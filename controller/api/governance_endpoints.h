#pragma once

#include "controller/api/route.h"

/// Operations about rights, states, policies and aliases; see openapi.json.
namespace flotilla::controller::api {

Response who_am_i(const Call& call);
Response get_token(const Call& call);
Response revoke_token(const Call& call);

Response list_policies(const Call& call);
Response set_policy(const Call& call);
Response remove_policy(const Call& call);

Response get_lifecycle(const Call& call);
Response post_evidence(const Call& call);
Response approve_version(const Call& call);
Response release_version(const Call& call);
Response deprecate_version(const Call& call);
Response revoke_version(const Call& call);

Response list_aliases(const Call& call);
Response set_alias(const Call& call);
Response remove_alias(const Call& call);

}  // namespace flotilla::controller::api
