#pragma once

#include "controller/api/route.h"

namespace flotilla::controller::api {

/// Requests -> queries and commands of the control plane -> responses. Knows no sockets; used from
/// the loop thread only.
class Api {
 public:
  explicit Api(Surroundings around) : around_(std::move(around)) {}

  /// Finds the route, checks the token against `plane`'s, and runs the endpoint. The caller
  /// releases the response only after the writes that `submit` collected were committed.
  Response answer(const Request& request, const ControlPlane& plane, const Submit& submit,
                  WallTime now);

 private:
  /// At most once in kTokenUse for each token, also when it could not be stored: a full disk must
  /// not turn queries into failed commits.
  void note_use(const Token& token, const Submit& submit, WallTime now);

  Surroundings around_;
  std::map<std::string, WallTime> noted_;  ///< token id -> when its use was last noted
};

}  // namespace flotilla::controller::api
