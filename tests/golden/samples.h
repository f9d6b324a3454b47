#pragma once

#include <string>
#include <vector>

#include "schemas/protocol/messages.h"
#include "tests/golden/codec.h"

/// Messages with the least, an ordinary and the most content. Every field that a size sets has a
/// value of its own, so that two swapped fields show.
namespace flotilla::golden {

enum class Size : uint8_t { kMin, kTypical, kMax };

Keyset keyset(Size size);
ReleaseManifest release(Size size);
TransferManifest transfer(Size size);
/// kTypical has 1 offer, kMax has 8.
Directive directive(Size size);
Attestation attestation(Size size);
Approval approval(Size size);
Checkpoint checkpoint(Size size);
Chunk chunk(Size size);
StateReport state(Size size);
HealthReport health(Size size);
Acknowledgement acknowledgement(Size size);

struct Sample {
  Kind kind;
  Size size;
  std::vector<uint8_t> bytes;
  std::vector<std::string> parts;  ///< describe() of the values that were encoded

  /// "release-typical".
  std::string name() const;
};

/// Every kind in every size, encoded.
std::vector<Sample> samples();

}  // namespace flotilla::golden
