#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "schemas/protocol/messages.h"
#include "simulator/power/crypto.h"

namespace flotilla::edge::test {

/// Owns what a Signed<T> borrows.
template <typename T>
struct SignedMessage {
  T value;
  SignedKind kind = SignedKind::kKeyset;
  std::vector<uint8_t> bytes;
  struct Mark {
    KeyId key_id;
    SignatureBytes bytes;
  };
  std::vector<Mark> marks;

  Signed<T> view() const {
    Signed<T> out;
    out.value = value;
    out.envelope.kind = kind;
    out.envelope.signed_bytes = bytes;
    for (const Mark& mark : marks) {
      SignatureView signature;
      signature.key_id = mark.key_id;
      signature.bytes = mark.bytes;
      (void)out.envelope.signatures.push_back(signature);
    }
    return out;
  }
};

PublicKey test_key(uint8_t number);

/// One release as it is published: manifests, golden vectors and chunks with their proofs.
struct Publication {
  SignedMessage<ReleaseManifest> release;
  SignedMessage<TransferManifest> transfer;
  std::vector<uint8_t> golden;
  std::vector<SignedMessage<Approval>> approvals;
  TransferId id = 0;
  struct Piece {
    Chunk chunk;  ///< without path and payload
    std::vector<uint8_t> payload;
    std::vector<uint8_t> path;
  };
  std::vector<Piece> pieces;

  Digest release_digest;
  TransferOffer offer() const;
  Chunk chunk(uint32_t index) const;
};

/// The controller's side of the tests: keys, manifests, directives, all as valid as can be.
/// Whoever needs an invalid one changes the value and signs again, or does not.
class Publisher {
 public:
  explicit Publisher(FakeCrypto& crypto) : crypto_(crypto) {}

  static PublicKey root() { return test_key(1); }
  static PublicKey releaser() { return test_key(2); }
  static PublicKey director() { return test_key(3); }

  Keyset keyset_value(uint32_t epoch) const;
  SignedMessage<Keyset> keyset(const Keyset& value, const std::vector<PublicKey>& signers);

  ReleaseManifest release_value(Bytes image, uint32_t version, Bytes golden);
  SignedMessage<ReleaseManifest> sign_release(const ReleaseManifest& value);
  SignedMessage<Approval> sign_approval(const Digest& release, const PublicKey& approver) const;
  SignedMessage<TransferManifest> sign_transfer(const TransferManifest& value);
  SignedMessage<Directive> sign_directive(const Directive& value);

  /// `base` empty: full payload. Ranges of `range` output bytes.
  Publication publish(const SignedMessage<ReleaseManifest>& release, Bytes base, Bytes image,
                      uint32_t range);
  /// Proofs, root, counts and id anew after `pieces` or the manifest were changed.
  void seal(Publication& publication);

  /// Install `release` everywhere, from the given publications.
  Directive directive_value(const Publication& full, uint64_t seq, uint32_t rollout);

  template <typename T>
  void sign(SignedMessage<T>& message, const PublicKey& key) const;

  std::string hardware_class = "cam";
  std::string model = "detector";
  WallTime issued{1'700'000'000'000};

 private:
  FakeCrypto& crypto_;
};

}  // namespace flotilla::edge::test
