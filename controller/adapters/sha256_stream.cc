#include "controller/adapters/sha256_stream.h"

#include <openssl/evp.h>

#include "schemas/base/assert.h"

namespace flotilla::controller {

Sha256Stream::Sha256Stream() : context_(EVP_MD_CTX_new()) {
  FLOTILLA_ASSERT(EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1);
}

Sha256Stream::~Sha256Stream() {
  EVP_MD_CTX_free(context_);
}

void Sha256Stream::append(Bytes bytes) {
  FLOTILLA_ASSERT(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
}

Digest Sha256Stream::finish() {
  Digest digest;
  FLOTILLA_ASSERT(EVP_DigestFinal_ex(context_, digest.bytes.data(), nullptr) == 1);
  return digest;
}

}  // namespace flotilla::controller
