#pragma once

#include <string>
#include <vector>

#include "schemas/wire/wire.h"
#include "simulator/power/publisher.h"
#include "tests/unit/edge-client/agent/keyring.h"

namespace flotilla::edge::test {

/// The publisher's messages as they travel, signed with the keys of a ring.
class WirePublisher {
 public:
  struct Transfer {
    Publication publication;
    std::string offer;
    std::vector<std::string> chunks;
  };

  /// `crypto` only hashes.
  WirePublisher(FakeCrypto& crypto, Keyring& keys) : values(crypto), crypto_(crypto), keys_(keys) {}

  std::string keyset(uint32_t epoch);
  /// A full payload, a chunk for every `range` bytes of the image.
  Transfer publish(Bytes image, uint32_t version, uint32_t range, Bytes golden = {});
  std::string directive(const Directive& value);
  std::string acknowledgement(const Acknowledgement& value);

  Publisher values;

 private:
  using Buffer = std::vector<uint64_t>;  // 8-byte aligned

  std::string envelope(SignedKind kind, const std::vector<uint8_t>& body, uint8_t signer);
  std::vector<uint8_t> taken(const Result<size_t>& size) const;
  static MutableBytes view(Buffer& buffer);
  wire::Encoder encoder() { return wire::Encoder(view(arena_)); }
  MutableBytes out() { return view(out_); }

  FakeCrypto& crypto_;
  Keyring& keys_;
  Buffer arena_ = Buffer(wire::kControllerArena / 8);
  Buffer out_ = Buffer(8 * 1024);
};

/// Copies a message to aligned memory, which decoders want.
class Aligned {
 public:
  explicit Aligned(const std::string& message);
  Bytes bytes() const { return {reinterpret_cast<const uint8_t*>(words_.data()), size_}; }

 private:
  std::vector<uint64_t> words_;
  size_t size_;
};

}  // namespace flotilla::edge::test
