#pragma once

#include "schemas/base/bytes.h"
#include "schemas/base/digest.h"

struct evp_md_ctx_st;

namespace flotilla::controller {

/// SHA-256 of bytes that arrive piece by piece. By OpenSSL, which uses the processor's own
/// instructions: gigabytes pass here (docs/decisions/0005-dependencies.md).
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  Sha256Stream(const Sha256Stream&) = delete;
  Sha256Stream& operator=(const Sha256Stream&) = delete;

  void append(Bytes bytes);
  /// Once, at the end.
  Digest finish();

 private:
  evp_md_ctx_st* const context_;
};

}  // namespace flotilla::controller
