#pragma once

#include "controller/api/json.h"
#include "controller/api/message.h"

namespace flotilla::controller::api {

/// HTTP status of a code (docs/operations.md lists them).
int http_status(Code code);

Response json_response(int status, const Json& body);

Json failed_rules_json(const std::vector<FailedRule>& rules);

/// {"error":{"code","message","remedy"}}, with "rules" and "held_by" where there are any
Response problem(const Refusal& refusal);
Response problem(int status, const char* code, const std::string& message,
                 const std::string& remedy);

Refusal refusal_of(Status status, const std::string& remedy);

}  // namespace flotilla::controller::api
