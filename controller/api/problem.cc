#include "controller/api/problem.h"

namespace flotilla::controller::api {

int http_status(Code code) {
  switch (code) {
    case Code::kOk:
      return 200;
    case Code::kInvalidArgument:
    case Code::kOutOfRange:
      return 400;
    case Code::kUnauthenticated:
      return 401;
    case Code::kPermissionDenied:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kAlreadyExists:
    case Code::kFailedPrecondition:
    case Code::kAborted:
      return 409;
    case Code::kResourceExhausted:
      return 507;
    case Code::kUnavailable:
      return 503;
    case Code::kDeadlineExceeded:
      return 504;
    case Code::kUnimplemented:
      return 501;
    case Code::kDataLoss:
    case Code::kInternal:
      return 500;
  }
  return 500;
}

Response json_response(int status, const Json& body) {
  Response response;
  response.status = status;
  response.body = to_text(body);
  return response;
}

Response problem(int status, const char* code, const std::string& message,
                 const std::string& remedy) {
  return json_response(status,
                       {{"error", {{"code", code}, {"message", message}, {"remedy", remedy}}}});
}

Json failed_rules_json(const std::vector<FailedRule>& rules) {
  Json out = Json::array();
  for (const FailedRule& rule : rules) {
    out.push_back({{"rule", rule.rule},
                   {"expected", rule.expected},
                   {"found", rule.found},
                   {"who", rule.who}});
  }
  return out;
}

Response problem(const Refusal& refusal) {
  Json error = {{"code", refusal.rule.empty() ? code_name(refusal.code) : refusal.rule},
                {"message", refusal.message},
                {"remedy", refusal.remedy}};
  if (!refusal.failed.empty()) error["rules"] = failed_rules_json(refusal.failed);
  if (!refusal.held_by.empty()) error["held_by"] = refusal.held_by;
  return json_response(http_status(refusal.code), {{"error", std::move(error)}});
}

Refusal refusal_of(Status status, const std::string& remedy) {
  return Refusal{status.code(), status.reason(), remedy};
}

}  // namespace flotilla::controller::api
