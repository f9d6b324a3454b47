#pragma once

#include <memory>
#include <string>

#include "schemas/base/status.h"

namespace flotilla::controller {

struct HttpReply {
  int status = 0;
  std::string body;
};

struct HttpClientOptions {
  std::string server;  ///< "http://127.0.0.1:8600" or "https://host:port"
  std::string token;
  std::string ca_file;  ///< PEM; empty: the system's
  int timeout_s = 60;
};

/// One server, one token; for the command line.
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();

  /// kUnavailable, with the cause in last_error(), when there was no answer; any HTTP status is ok.
  Result<HttpReply> request(const std::string& method, const std::string& path,
                            const std::string& body = "");
  /// POSTs a file's bytes without holding them in memory.
  Result<HttpReply> upload(const std::string& path, const std::string& file);

  const std::string& last_error() const { return last_error_; }

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
  std::string last_error_;
};

/// Percent-encodes everything but unreserved characters (RFC 3986, section 2.3).
std::string encode_path_segment(const std::string& text);

}  // namespace flotilla::controller
