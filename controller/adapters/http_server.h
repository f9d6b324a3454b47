#pragma once

#include <functional>
#include <memory>
#include <string>

#include "controller/adapters/upload_folder.h"
#include "controller/api/message.h"
#include "controller/ports/artifact_store.h"
#include "schemas/base/status.h"

namespace flotilla::controller {

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  int port = 8600;               ///< 0: any free one
  std::string certificate_file;  ///< PEM chain; required unless `host` is loopback
  std::string key_file;
  size_t threads = 16;
  uint64_t max_upload = 0;  ///< bytes of a streamed body; 0: kMaxImageSize
  int read_timeout_s = 30;  ///< without a byte from the client
};

/// Sockets and streamed bodies around the API. TLS 1.2 or newer with a certificate; without one it
/// refuses any address but loopback. One request a connection, so that a body that was refused
/// half-way can never be taken for the next request.
class HttpServer {
 public:
  /// Answers one request; blocks the calling HTTP thread. Called from several threads.
  using Exchange = std::function<api::Response(api::Request)>;

  /// Where streamed bodies go; outlives the server.
  struct Stores {
    ArtifactStore& artifacts;
    UploadFolder& uploads;
  };

  HttpServer(HttpServerOptions options, Stores stores, Exchange exchange);
  ~HttpServer();

  /// Binds and listens on a thread of its own; `explanation` says in words why it could not.
  Status start(std::string& explanation);
  /// Joins; requests under way are answered first.
  void stop();
  /// The bound port, after start().
  int port() const;
  bool uses_tls() const;

 private:
  class Listener;
  std::unique_ptr<Listener> listener_;
};

bool is_loopback(const std::string& host);

}  // namespace flotilla::controller
