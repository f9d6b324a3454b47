#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "schemas/base/assert.h"
#include "schemas/wire/wire.h"
#include "tests/golden/codec.h"

/// What devices act upon: keysets, directives and offers. The input is the body, which the fuzzer
/// wraps in a well-formed envelope, so that it spends its time behind the envelope's checks.
/// First byte: 0 keyset, 1 directive, 2 offer. An offer's next two bytes say in units of 8 bytes
/// how long the transfer and the release body are; the rest are golden vectors.
namespace flotilla::golden {
namespace {

void check(Kind kind, Bytes message) {
  const AlignedBytes bytes(message);
  const Decoded decoded = decode(kind, bytes.view());
  if (!decoded.status.ok()) return;
  FLOTILLA_ASSERT(decoded.inside && decoded.encoded.ok());
  const AlignedBytes again(decoded.again);
  const Decoded second = decode(kind, again.view());
  FLOTILLA_ASSERT(second.status.ok());
  FLOTILLA_ASSERT(second.text == decoded.text && second.again == decoded.again);
}

/// What every accepted directive promises to the update machine.
void check_directive(Bytes message) {
  const AlignedBytes bytes(message);
  const auto decoded = wire::decode_directive(bytes.view());
  if (!decoded.ok()) return;
  const Directive& directive = decoded.value().value;
  const bool names_image = !directive.release_digest.is_none() && !directive.image_digest.is_none();
  FLOTILLA_ASSERT(names_image || directive.verb == Verb::kHold);
  FLOTILLA_ASSERT(is_valid_name(directive.model.view()));
  for (size_t i = 0; i + 1 < directive.offers.size(); ++i)
    FLOTILLA_ASSERT(!directive.offers[i].base_digest.is_none());
  for (const CohortTerm& term : directive.cohort) FLOTILLA_ASSERT(term.low <= term.high);
}

void check_offer(Bytes input) {
  if (input.size() < 2) return;
  const size_t first = size_t{input[0]} * 8, second = size_t{input[1]} * 8;
  Bytes rest = input.subspan(2);
  const Bytes transfer = rest.first(std::min(first, rest.size()));
  rest = rest.subspan(transfer.size());
  const Bytes release = rest.first(std::min(second, rest.size()));
  rest = rest.subspan(release.size());
  const auto transfer_part = seal(SignedKind::kTransfer, transfer);
  const auto release_part = seal(SignedKind::kRelease, release);
  alignas(8) static uint8_t arena[wire::kControllerArena], out[kMaxOfferMessage];
  const auto size = wire::Encoder(arena).offer(transfer_part, release_part, rest, out);
  if (size.ok()) check(Kind::kOffer, Bytes(out, size.value()));
}

}  // namespace
}  // namespace flotilla::golden

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flotilla;
  if (size == 0) return 0;
  const Bytes rest(data + 1, size - 1);
  if (data[0] % 3 == 0)
    golden::check(golden::Kind::kKeyset, golden::seal(SignedKind::kKeyset, rest));
  if (data[0] % 3 == 1) {
    const auto message = golden::seal(SignedKind::kDirective, rest);
    golden::check_directive(message);
    golden::check(golden::Kind::kDirective, message);
  }
  if (data[0] % 3 == 2) golden::check_offer(rest);
  return 0;
}
