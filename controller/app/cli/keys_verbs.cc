#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>

#include "controller/adapters/keys_file.h"
#include "controller/adapters/mbed_hasher.h"
#include "controller/adapters/mbed_signer.h"
#include "controller/adapters/small_file.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"
#include "controller/app/clocks.h"
#include "controller/artifact/manifest_builder.h"
#include "schemas/protocol/trust.h"

namespace flotilla::controller::app {

namespace {

struct NewKey {
  const char* file;
  uint8_t role;
};

constexpr std::array<NewKey, 3> kNewKeys = {
    {{"root.key", kRoleRoot}, {"release.key", kRoleRelease}, {"director.key", kRoleDirector}}};
constexpr const char* kKeysetFile = "keyset.bin";
constexpr const char* kRootPublicFile = "root.pub";

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

/// Nothing of what would be made may be there: a lost root key cannot be replaced.
std::string existing_file(const std::string& folder) {
  for (const NewKey& key : kNewKeys) {
    if (exists(folder + "/" + key.file)) return folder + "/" + key.file;
  }
  for (const char* file : {kKeysetFile, kRootPublicFile}) {
    if (exists(folder + "/" + file)) return folder + "/" + file;
  }
  return "";
}

Status make_keys(const std::string& folder, Keyset& keyset, api::Json& told) {
  MbedHasher hasher;
  for (const NewKey& key : kNewKeys) {
    const auto made = generate_key_file(folder + "/" + key.file);
    FLOTILLA_TRY(made.status());
    if (!keyset.keys.push_back({made.value(), key.role})) {
      return {Code::kInternal, "the keyset is full"};
    }
    told[key.file] = to_hex(key_id(hasher, made.value())).view();
  }
  return ok_status();
}

Status make_keyset(const std::string& folder, const Keyset& keyset) {
  MbedHasher hasher;
  const auto root = MbedSigner::load(hasher, folder + "/" + kNewKeys[0].file);
  FLOTILLA_TRY(root.status());
  std::array<Signer*, 1> roots = {root.value().get()};
  const auto envelope = sign_keyset(hasher, roots, keyset);
  FLOTILLA_TRY(envelope.status());
  return create_file(folder + "/" + kKeysetFile, as_bytes(envelope.value()), 0644);
}

/// The one thing that whoever checks a proof must have been given.
Status publish_root(const std::string& folder) {
  const auto pem = public_half_pem(folder + "/" + kNewKeys[0].file);
  FLOTILLA_TRY(pem.status());
  return create_file(folder + "/" + kRootPublicFile, as_bytes(pem.value()), 0644);
}

void init_keys(Session& session, const std::string& folder) {
  const std::string in_the_way = existing_file(folder);
  if (!in_the_way.empty()) {
    return session.fail(kExitRefused, in_the_way + " exists; keys are never overwritten",
                        "name another folder with --dir");
  }
  ::mkdir(folder.c_str(), 0700);
  Keyset keyset;
  keyset.epoch = 1;
  keyset.issued = wall_now();
  api::Json told = {{"dir", folder}, {"epoch", 1}};
  Status status = make_keys(folder, keyset, told);
  if (status.ok()) status = make_keyset(folder, keyset);
  if (status.ok()) status = publish_root(folder);
  if (!status.ok()) {
    return session.fail(kExitRefused, "cannot make keys in " + folder + ": " + status.reason(),
                        "check that the folder can be written");
  }
  if (session.print_json(told)) return;
  for (const NewKey& key : kNewKeys) {
    std::printf("%-13s key id %s\n", key.file, field(told, key.file).c_str());
  }
  std::printf("%-13s epoch 1: give it to every device\n", kKeysetFile);
  std::printf("%-13s the root's public key: give it to whoever checks proofs\n\n", kRootPublicFile);
  std::printf("Keep root.key off this machine: it is needed only to change the keyset.\n");
}

}  // namespace

void add_keys_verbs(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("keys", "Signing keys (works offline)")->require_subcommand(1);
  auto* init = noun->add_subcommand("init", "Make root, release and director key and the keyset");
  auto folder = std::make_shared<std::string>();
  init->add_option("--dir", *folder, "Folder for the keys; made when missing")->required();
  init->callback([&session, folder] { init_keys(session, *folder); });
}

}  // namespace flotilla::controller::app
