#include "controller/app/keyset_desk.h"

#include "controller/adapters/output_file.h"
#include "controller/adapters/small_file.h"
#include "controller/domain/control_plane.h"

namespace flotilla::controller::app {
namespace {

std::string keyset_file(const std::string& folder) {
  return folder + "/keyset.bin";
}

}  // namespace

void ReplaceableSigner::replace(std::shared_ptr<MbedSigner> next) {
  const std::lock_guard lock(mutex_);
  signers_.push_back(std::move(next));
}

MbedSigner& ReplaceableSigner::current() const {
  const std::lock_guard lock(mutex_);
  return *signers_.back();
}

bool names_director(const Keyset& keyset, const PublicKey& key) {
  for (const KeysetKey& known : keyset.keys) {
    if (known.public_key == key && (known.roles & kRoleDirector) != 0) return true;
  }
  return false;
}

Status keep_keyset(const std::string& folder, const FleetKeys& keys) {
  const std::string path = keyset_file(folder);
  const auto there = read_small_file(path, kMaxEnvelope);
  if (there.ok() && there.value() == keys.envelope()) return ok_status();
  return write_whole(path, OutputFile::Existing::kReplace, as_bytes(keys.envelope()));
}

Result<std::shared_ptr<const FleetKeys>> newest_keyset(Store& store, Verifier& verifier,
                                                       const std::string& folder) {
  const auto bytes = read_small_file(keyset_file(folder), kMaxEnvelope);
  FLOTILLA_TRY(bytes.status());
  auto newest = FleetKeys::open(bytes.value());
  FLOTILLA_TRY(newest.status());
  std::vector<uint64_t> numbers;
  FLOTILLA_TRY(find_audit(store, "keyset", true, 1, numbers));
  std::vector<AuditEntry> entries;
  for (const uint64_t number : numbers) FLOTILLA_TRY(read_audit(store, number, 1, entries));
  for (const AuditEntry& entry : entries) {
    const auto next = FleetKeys::open(entry.evidence);
    const bool follows =
        next.ok() &&
        check_keyset(verifier, &newest.value()->keyset(), next.value()->signed_keyset()).reason ==
            Reason::kNone;
    if (follows) newest = next;
  }
  return newest;
}

Result<std::optional<NoteKeyset>> keyset_to_note(Store& store, const FleetKeys& keys) {
  const uint32_t epoch = keys.keyset().epoch;
  std::vector<uint64_t> numbers;
  FLOTILLA_TRY(find_audit(store, "keyset/" + std::to_string(epoch), false, 1, numbers));
  std::vector<AuditEntry> entries;
  for (const uint64_t number : numbers) FLOTILLA_TRY(read_audit(store, number, 1, entries));
  if (!entries.empty() && entries.back().evidence == keys.envelope())
    return std::optional<NoteKeyset>();
  return std::optional(NoteKeyset{
      {epoch, std::to_string(keys.keyset().keys.size()) + " keys", std::string(keys.envelope())}});
}

std::string KeysetDesk::objection(const Keyset& next) const {
  if (names_director(next, parts_.director.public_key())) return "";
  const auto other = MbedSigner::load(parts_.hasher, key_file());
  if (other.ok() && names_director(next, other.value()->public_key())) return "";
  return "the keyset names neither the director's key in use nor the one in " + key_file();
}

Status KeysetDesk::adopt(const std::string& envelope) {
  const auto opened = FleetKeys::open(envelope);
  FLOTILLA_TRY(opened.status());
  std::shared_ptr<const FleetKeys> next = opened.value();
  std::shared_ptr<MbedSigner> fresh;
  if (!names_director(next->keyset(), parts_.director.public_key())) {
    const auto other = MbedSigner::load(parts_.hasher, key_file());
    if (!other.ok()) return other.status();
    fresh = other.value();
  }
  FLOTILLA_TRY(keep_keyset(parts_.folder, *next));
  if (fresh) parts_.director.replace(std::move(fresh));
  current_ = std::move(next);
  parts_.adopt(*current_);
  return ok_status();
}

}  // namespace flotilla::controller::app
