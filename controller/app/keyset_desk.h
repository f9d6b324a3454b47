#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "controller/adapters/mbed_signer.h"
#include "controller/api/keyset_keeper.h"
#include "controller/domain/event.h"
#include "controller/ports/store.h"

namespace flotilla::controller::app {

/// A key that can be replaced while workers sign with it; each signature is wholly of one of them.
class ReplaceableSigner final : public Signer {
 public:
  explicit ReplaceableSigner(std::shared_ptr<MbedSigner> first) { replace(std::move(first)); }

  void replace(std::shared_ptr<MbedSigner> next);

  KeyId key_id() const override { return current().key_id(); }
  /// Stays valid as long as this object.
  const PublicKey& public_key() const override { return current().public_key(); }
  Result<SignatureBytes> sign(const Digest& digest) override { return current().sign(digest); }
  Result<KeyedSignature> sign_named(const Digest& digest) override {
    return current().sign_named(digest);
  }

 private:
  MbedSigner& current() const;

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<MbedSigner>> signers_;  ///< the last one signs
};

/// The keyset in the server's key folder, and the director's key that must be one of its directors.
class KeysetDesk final : public api::KeysetKeeper {
 public:
  struct Parts {
    std::string folder;  ///< with keyset.bin and director.key
    Hasher& hasher;
    ReplaceableSigner& director;
    /// What else must know of a new keyset.
    std::function<void(const FleetKeys&)> adopt;
  };

  KeysetDesk(Parts parts, std::shared_ptr<const FleetKeys> current)
      : parts_(std::move(parts)), current_(std::move(current)) {}

  std::shared_ptr<const FleetKeys> current() const override { return current_; }
  std::string objection(const Keyset& next) const override;
  /// Puts a keyset that was verified and is on record in force: it is kept, and what is signed from
  /// now on is signed under it. May be repeated. Errors: the envelope, the director's key that it
  /// wants, or the folder cannot be used.
  Status adopt(const std::string& envelope);

 private:
  std::string key_file() const { return parts_.folder + "/director.key"; }

  Parts parts_;
  std::shared_ptr<const FleetKeys> current_;
};

/// The keyset in the key folder or, when a process ended between putting a successor on record and
/// taking it, that successor: as roots of the one before have signed it. What else the log may hold
/// counts for nothing: the folder says whom to trust. Errors: no keyset, or none that can be read.
Result<std::shared_ptr<const FleetKeys>> newest_keyset(Store& store, Verifier& verifier,
                                                       const std::string& folder);

/// Keeps it as the folder's keyset; a folder that has it already need not be one to write to.
Status keep_keyset(const std::string& folder, const FleetKeys& keys);

/// What the log is to hold of the keyset in force; nothing when it does.
Result<std::optional<NoteKeyset>> keyset_to_note(Store& store, const FleetKeys& keys);

/// The key is a director of the keyset.
bool names_director(const Keyset& keyset, const PublicKey& key);

}  // namespace flotilla::controller::app
