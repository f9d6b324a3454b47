#pragma once

#include <memory>
#include <string>
#include <vector>

#include "controller/artifact/aligned.h"
#include "controller/ports/signer.h"
#include "schemas/base/status.h"
#include "schemas/protocol/trusted_keys.h"

/// The keyset of a fleet, and what its devices will say of something that was signed: the same
/// rules, applied before anything is sent.
namespace flotilla::controller {

/// Both halves of what checking takes, as the shared rules want them.
class HashingVerifier final : public Verifier {
 public:
  HashingVerifier(Hasher& hasher, const SignatureVerifier& verifier)
      : hasher_(hasher), verifier_(verifier) {}

  Digest sha256(std::initializer_list<Bytes> parts) override { return hasher_.sha256(parts); }
  bool verify(const PublicKey& key, const Digest& digest, Bytes signature) override {
    return verifier_.verify(key, digest, signature);
  }

 private:
  Hasher& hasher_;
  const SignatureVerifier& verifier_;
};

/// A signed keyset and the bytes that it borrows from.
class FleetKeys {
 public:
  /// Structure only: whose signatures it carries is check_keyset()'s to tell.
  static Result<std::shared_ptr<const FleetKeys>> open(std::string_view envelope);

  const Keyset& keyset() const { return signed_.value; }
  const Signed<Keyset>& signed_keyset() const { return signed_; }
  std::string_view envelope() const { return as_text(bytes_.view()); }

  explicit FleetKeys(Bytes envelope) : bytes_(envelope) {}
  FleetKeys(const FleetKeys&) = delete;
  FleetKeys& operator=(const FleetKeys&) = delete;

 private:
  AlignedCopy bytes_;
  Signed<Keyset> signed_;
};

/// Root signatures that a keyset has and needs, of the keyset in force and of its own roots.
struct KeysetSignatures {
  Reason reason = Reason::kNone;  ///< kReplayed: its epoch is not newer
  uint8_t have_old = 0;
  uint8_t need_old = 0;  ///< 0: there is no earlier keyset
  uint8_t have_own = 0;
  uint8_t need_own = 0;
};

/// What a device that has `current` (null: none) would say of `next`.
KeysetSignatures check_keyset(Verifier& verifier, const Keyset* current,
                              const Signed<Keyset>& next);

struct ReleaseVerdict {
  Reason reason = Reason::kNone;
  uint8_t approvals = 0;
  uint8_t needed = 0;
};

/// What a device of the release's class would say of it under this keyset.
ReleaseVerdict judge_release(Verifier& verifier, const Keyset& keyset,
                             const Signed<ReleaseManifest>& release,
                             const std::vector<std::string>& approvals);

/// Ids of the keys with this role that may sign for model and class.
std::vector<std::string> who_may(Hasher& hasher, const Keyset& keyset, KeyRole role,
                                 std::string_view model, std::string_view hardware_class);

}  // namespace flotilla::controller
