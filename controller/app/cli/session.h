#pragma once

#include <optional>
#include <string>

#include "controller/api/json.h"
#include "schemas/base/status.h"

namespace flotilla::controller::app {

/// Exit codes of the command line (docs/operations.md).
enum ExitCode : int {
  kExitOk = 0,
  kExitRefused = 1,  ///< the server, or what was asked of this machine, said no
  kExitUsage = 2,
  kExitRolledBack = 3,  ///< a watched rollout did not complete
  kExitUnreachable = 4,
};

/// Global options, and what a verb has to say. One per process.
class Session {
 public:
  struct Options {
    std::string server;
    std::string token_file;
    std::string state;
    std::string server_ca;
    bool json = false;
  };

  Options options;
  int exit_code = kExitOk;
  bool muted = false;  ///< failures are not told

  /// The answer's body when the server accepted; otherwise the error was told and exit_code set.
  std::optional<api::Json> call(const std::string& method, const std::string& path,
                                const api::Json& body = {});
  std::optional<api::Json> get(const std::string& path) { return call("GET", path); }
  /// All pages of a list in one document: its member `name`.
  std::optional<api::Json> get_all(const std::string& path, const char* name);
  /// Stores a file; its digest. What has arrived when the connection breaks, or the program ends,
  /// is not sent again.
  std::optional<std::string> upload(const std::string& file);

  /// Tells what was wrong and what to do: as {"error":...} with --json, otherwise on standard
  /// error.
  void fail(int code, const std::string& message, const std::string& remedy);
  /// False when a file could not be written: that is told.
  bool written(const std::string& file, const Status& status);
  /// With --json prints the document and answers true.
  bool print_json(const api::Json& document) const;

 private:
  /// False: a token file was named and has no token; that was told.
  bool has_token_file();
  friend class FileUpload;
  std::optional<api::Json> read_reply(int status, const std::string& body);
  void unreachable(const std::string& server, const std::string& cause);
};

/// Where a client finds the server and its token, by falling precedence.
struct Access {
  std::string server;
  std::string token;
};
Access find_access(const Session::Options& options);

}  // namespace flotilla::controller::app
