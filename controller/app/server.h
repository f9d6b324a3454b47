#pragma once

#include <memory>
#include <string>

#include "controller/app/serve_options.h"

namespace flotilla::controller::app {

/// The running controller: adapters, loop, workers and HTTP server put together. Start and stop
/// once.
class Server {
 public:
  Server(ServeOptions options, std::string software);
  ~Server();

  /// Everything is up, or `failure` says in words for people what is in the way.
  bool start(std::string& failure);
  /// Requests under way are answered, what was taken is committed; then the threads end.
  void stop();
  /// "http://127.0.0.1:8600"
  std::string endpoint() const;

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace flotilla::controller::app
