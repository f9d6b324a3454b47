#pragma once

#include <functional>
#include <memory>
#include <string>

#include "schemas/base/bytes.h"
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
  /// PUTs or POSTs a file's bytes from `offset` on without holding them in memory; `sent` is told
  /// of each piece. kNotFound: the file cannot be read.
  using Sent = std::function<void(Bytes)>;
  Result<HttpReply> send_file(const std::string& method, const std::string& path,
                              const std::string& file, uint64_t offset = 0, const Sent& sent = {});

  const std::string& last_error() const { return last_error_; }

 private:
  class Connection;
  std::unique_ptr<Connection> connection_;
  std::string last_error_;
};

/// Percent-encodes everything but unreserved characters (RFC 3986, section 2.3).
std::string encode_path_segment(const std::string& text);

}  // namespace flotilla::controller
