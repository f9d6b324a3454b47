#pragma once

#include <map>
#include <string>

#include "controller/app/broker_rights.h"
#include "controller/domain/records.h"
#include "schemas/base/status.h"
#include "schemas/protocol/topics.h"

namespace flotilla::controller::app {

struct RightsFileOptions {
  std::string acl_file;         ///< empty: the rights are managed elsewhere
  std::string broker_pid_file;  ///< empty: the broker is not told
  ServiceNames services;
};

/// Replaces the broker's access rules as a whole (temporary file, sync, rename) and makes the
/// broker read them again (SIGHUP).
class RightsFile {
 public:
  RightsFile(RightsFileOptions options, const Topics& topics);

  /// kOk also when the file has these very rules already, or there is none to keep. `explanation`
  /// says what could not be done.
  Status write(const std::map<std::string, Device>& devices, std::string& explanation);

 private:
  Status tell_broker(std::string& explanation);

  RightsFileOptions options_;
  const Topics& topics_;
  std::string written_;
};

/// Writes `text` beside `path`, syncs it and gives it its name; keeps the owner of what it
/// replaces.
Status replace_file(const std::string& path, const std::string& text, unsigned mode,
                    std::string& explanation);

}  // namespace flotilla::controller::app
