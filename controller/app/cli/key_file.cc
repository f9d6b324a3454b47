#include "controller/app/cli/key_file.h"

#include "controller/adapters/keys_file.h"
#include "controller/adapters/mbed_hasher.h"
#include "controller/adapters/small_file.h"
#include "controller/domain/text.h"
#include "schemas/protocol/trust.h"

namespace flotilla::controller::app {

namespace {

constexpr size_t kMaxPublicFile = 4096;

}  // namespace

uint8_t parse_key_role(const std::string& name) {
  if (name == "root") return kRoleRoot;
  if (name == "release") return kRoleRelease;
  if (name == "director") return kRoleDirector;
  return name == "approver" ? kRoleApprover : 0;
}

Result<PublicKey> load_public_key(const std::string& path) {
  auto text = read_small_file(path, kMaxPublicFile);
  if (!text.ok()) return text.status();
  std::string digits = text.value();
  while (!digits.empty() && (digits.back() == '\n' || digits.back() == '\r')) digits.pop_back();
  PublicKey key{};
  if (read_hex(digits, key)) return key;
  const auto parsed = parse_public_key(text.value());
  forget(text.value());
  forget(digits);
  return parsed.ok() ? parsed : load_public_half(path);
}

std::string key_id_text(const PublicKey& key) {
  MbedHasher hasher;
  return std::string(to_hex(key_id(hasher, key)).view());
}

std::string public_file_of(const std::string& path) {
  const bool named = path.size() > 4 && path.substr(path.size() - 4) == ".key";
  return (named ? path.substr(0, path.size() - 4) : path) + ".pub";
}

Result<PublicKey> make_key_pair(const std::string& path) {
  const auto key = generate_key_file(path);
  if (!key.ok()) return key.status();
  const std::string text = hex_text(key.value()) + "\n";
  FLOTILLA_TRY(create_file(public_file_of(path), as_bytes(text), 0644));
  return key.value();
}

std::shared_ptr<MbedSigner> load_signer(Session& session, const std::string& path) {
  MbedHasher hasher;
  const auto signer = MbedSigner::load(hasher, path);
  if (signer.ok()) return signer.value();
  session.fail(kExitRefused, "cannot use " + path + ": " + signer.status().reason(),
               "name a private key made by 'flotilla key new'");
  return nullptr;
}

}  // namespace flotilla::controller::app
