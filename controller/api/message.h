#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "schemas/base/digest.h"

namespace flotilla::controller::api {

/// What the HTTP layer stored while it received a streamed body.
struct Upload {
  Digest digest;
  uint64_t size = 0;  ///< bytes
};

/// How much of an upload that may arrive in parts is here.
struct UploadProgress {
  uint64_t size = 0;    ///< bytes of the whole file
  uint64_t offset = 0;  ///< bytes that have arrived
};

/// A request without its socket. Paths are absolute and decoded; a query name occurs once.
struct Request {
  std::string method;  ///< "GET", "PUT", "POST" or "DELETE"
  std::string path;
  std::map<std::string, std::string> query;
  std::string authorization;  ///< the header, verbatim; empty: none
  std::string body;
  /// The body is still on its way: the answer is kProceed (receive it) or a refusal.
  bool body_follows = false;
  std::optional<Upload> upload;  ///< of a streamed body that has arrived
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  /// Under way, and mostly soon done: whoever carries the answer may ask again instead.
  bool is_soon_done = false;
};

/// RFC 9110, section 15.2.1: the rights are there, send the body.
inline constexpr int kProceed = 100;

/// Largest JSON body, bytes, and its deepest nesting.
inline constexpr size_t kMaxBody = 1024 * 1024;
inline constexpr int kMaxDepth = 32;

}  // namespace flotilla::controller::api
