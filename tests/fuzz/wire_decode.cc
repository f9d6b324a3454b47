#include <cstddef>
#include <cstdint>

#include "schemas/base/assert.h"
#include "tests/golden/codec.h"

/// Every decoder against any bytes. The first byte selects the decoder, the rest is the message.
/// Accepted means: all views lie inside, and the value survives encoding and decoding unchanged.
/// Seeds: the golden messages behind a byte that holds the kind (seeds.cc).
namespace flotilla::golden {
namespace {

void check(Kind kind, Bytes message) {
  const AlignedBytes bytes(message);
  const Decoded decoded = decode(kind, bytes.view());
  if (!decoded.status.ok()) {
    FLOTILLA_ASSERT(decoded.status.reason()[0] != '\0');
    return;
  }
  FLOTILLA_ASSERT(decoded.inside);
  if (!decoded.encoded.ok()) {
    // Signatures may overlap in a hostile message, and exceed its 512 bytes when written apart.
    FLOTILLA_ASSERT(kind == Kind::kAttestation || kind == Kind::kApproval);
    FLOTILLA_ASSERT(decoded.encoded.code() == Code::kResourceExhausted);
    return;
  }
  const AlignedBytes again(decoded.again);
  const Decoded second = decode(kind, again.view());
  FLOTILLA_ASSERT(second.status.ok());
  FLOTILLA_ASSERT(second.text == decoded.text);
  FLOTILLA_ASSERT(second.again == decoded.again);
}

}  // namespace
}  // namespace flotilla::golden

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto kind = static_cast<flotilla::golden::Kind>(data[0] % flotilla::golden::kKinds);
  flotilla::golden::check(kind, {data + 1, size - 1});
  return 0;
}
