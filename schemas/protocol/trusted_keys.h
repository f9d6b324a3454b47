#pragma once

#include <array>

#include "schemas/protocol/messages.h"
#include "schemas/protocol/verifier.h"

/// Whom a receiver trusts. The rules stand here and not with the device, so that a controller can
/// tell beforehand what devices will say.
namespace flotilla {

/// One bit for each model that a receiver has, in its own order.
using ModelBits = uint8_t;
static_assert(kMaxModels <= 8);

/// Roles and models share a byte in most builds: small devices keep this in memory.
struct TrustedKey {
  PublicKey public_key{};
  uint8_t roles : 4 = 0;              ///< those that this build knows
  ModelBits models : kMaxModels = 0;  ///< for which it may release and approve
};
inline constexpr uint8_t kKnownRoles = 15;
inline constexpr ModelBits kAllModels = (1 << kMaxModels) - 1;

/// A keyset as far as it concerns one hardware class and these models; it borrows nothing.
struct TrustedKeys {
  WallTime issued;
  uint32_t epoch = 0;
  uint8_t root_threshold = 1;
  /// What each key may sign for is not known, and so nothing: it was kept for other models.
  bool stale = false;
  std::array<uint8_t, kMaxModels> approvals{};  ///< that a release of the model needs
  FixedVector<TrustedKey, kMaxKeys> keys;
};

using ModelNames = FixedVector<Name, kMaxModels>;

TrustedKeys trusted_keys(const Keyset& keyset, const ModelNames& models,
                         const Name& hardware_class);

/// kNone when one of the signatures is by a key with `role` over `digest` that may sign for
/// `models`; kNotDelegated when one is, of a key that may not. At most kMaxSignatures
/// verifications.
Reason check_signature(Verifier& verifier, const TrustedKeys& trusted, const Envelope& envelope,
                       KeyRole role, const Digest& digest, ModelBits models);

/// Approvers whose keys may approve for `models` and have signed one of the `approvals` of this
/// release; each key counts once. At most kMaxApprovals verifications.
uint8_t count_approvals(Verifier& verifier, const TrustedKeys& trusted, const Approvals& approvals,
                        const Digest& release, ModelBits models);

/// Root keys that have signed the keyset in `envelope`; each counts once.
uint8_t count_roots(Verifier& verifier, const TrustedKeys& trusted, const Envelope& envelope);

/// kNone when enough root keys of `next` have signed it.
Reason check_self(Verifier& verifier, const TrustedKeys& next, const Envelope& envelope);

/// kNone when `next` may replace `current`, whatever its epoch: enough of the old root keys, and
/// enough of its own where the roots differ. At most 2 * kMaxSignatures verifications.
Reason check_successor(Verifier& verifier, const TrustedKeys& current, const TrustedKeys& next,
                       const Envelope& envelope);

}  // namespace flotilla
