#include <CLI/CLI.hpp>

#include "controller/adapters/http_client.h"
#include "controller/adapters/mapped_file.h"
#include "controller/adapters/mbed_hasher.h"
#include "controller/app/cli/key_file.h"
#include "controller/app/cli/paths.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"
#include "controller/artifact/manifest_builder.h"
#include "controller/domain/text.h"

/// Signing where the keys are: the server hands out what there is to sign and takes the signature.
namespace flotilla::controller::app {

namespace {

struct SigningOrder {
  std::string model;
  std::string version;
  std::string hardware_class;
  std::string key;
  std::string image;  ///< file that must be the release's image
  bool dry = false;
};

std::string path_of(const SigningOrder& order, const char* what, const std::string& variant) {
  return version_path(order.model, order.version) + "/" + what + "/" + encode_path_segment(variant);
}

Digest digest_in(const api::Json& release, const char* name) {
  Digest out;
  const auto found = release.find(name);
  if (found != release.end() && found->is_string()) {
    static_cast<void>(parse_hex(found->get<std::string>(), out));
  }
  return out;
}

ReleaseManifest manifest_in(const api::Json& release) {
  ReleaseManifest out;
  out.model.assign_truncated(release.value("model", ""));
  out.version = release.value("version", 0u);
  out.label.assign_truncated(release.value("label", ""));
  out.hardware_class.assign_truncated(release.value("hardware_class", ""));
  out.security_counter = release.value("security_counter", 0u);
  out.image_digest = digest_in(release, "image_digest");
  out.image_size = release.value("image_size", uint64_t{0});
  out.golden_digest = digest_in(release, "golden_digest");
  out.runtime.assign_truncated(release.value("runtime", ""));
  out.document_digest = digest_in(release, "document_digest");
  out.checkpoint_size = release.value("checkpoint_size", uint64_t{0});
  out.checkpoint_root = digest_in(release, "checkpoint_root");
  return out;
}

void print_release(const api::Json& release) {
  print_fields(release, {"model", "version", "label", "hardware_class", "security_counter",
                         "image_digest", "image_size", "golden_digest", "runtime",
                         "document_digest", "checkpoint_size", "checkpoint_root"});
}

/// Why the file is not the image that the release names; empty: it is.
std::string image_fault(const std::string& path, const ReleaseManifest& release) {
  const auto file = MappedFile::open(path);
  if (!file.ok()) return path + ": " + file.status().reason();
  MbedHasher hasher;
  const Digest digest = hasher.sha256({file.value()->bytes()});
  if (digest == release.image_digest) return "";
  return path + " has digest " + std::string(to_hex(digest).view()) + "; the release names " +
         std::string(to_hex(release.image_digest).view());
}

/// The classes that were named, or all of the version's; nothing after a failure.
std::vector<std::string> classes_of(Session& session, const SigningOrder& order) {
  if (!order.hardware_class.empty()) return {order.hardware_class};
  std::vector<std::string> out;
  const auto reply = session.get(version_path(order.model, order.version));
  if (!reply) return out;
  for (const auto& variant : (*reply)["variants"]) out.push_back(field(variant, "hardware_class"));
  return out;
}

/// Shows what there is to sign; nothing when it must not be signed.
std::optional<api::Json> look_at(Session& session, const SigningOrder& order,
                                 const std::string& variant) {
  auto release = session.get(path_of(order, "release", variant));
  if (!release) return std::nullopt;
  if (!session.options.json) print_release(*release);
  if (order.image.empty()) return release;
  const std::string fault = image_fault(order.image, manifest_in(*release));
  if (fault.empty()) {
    if (!session.options.json) std::printf("image: %s is it\n", order.image.c_str());
    return release;
  }
  session.fail(kExitRefused, fault, "nothing was signed; find out which image was pushed");
  return std::nullopt;
}

bool send(Session& session, const std::string& path, const Result<std::string>& envelope) {
  if (!envelope.ok()) {
    session.fail(kExitRefused, std::string("cannot be signed: ") + envelope.status().reason(),
                 "nothing was sent");
    return false;
  }
  const auto reply =
      session.call("POST", path, {{"envelope", hex_text(as_bytes(envelope.value()))}});
  if (!reply) return false;
  session.print_json(*reply);
  return true;
}

void sign_release_of(Session& session, const SigningOrder& order) {
  const auto signer = load_signer(session, order.key);
  if (!signer) return;
  MbedHasher hasher;
  for (const std::string& variant : classes_of(session, order)) {
    const auto release = look_at(session, order, variant);
    if (!release) return;
    if (order.dry) continue;
    const auto envelope = sign_release(hasher, *signer, manifest_in(*release));
    if (!send(session, path_of(order, "release", variant), envelope)) return;
    if (session.options.json) continue;
    std::printf("signed for %s with key %s\n", variant.c_str(),
                key_id_text(signer->public_key()).c_str());
  }
}

std::shared_ptr<SigningOrder> add_order(CLI::App& verb) {
  auto order = std::make_shared<SigningOrder>();
  verb.add_option("NAME", order->model, "Name of the model")->required();
  verb.add_option("VERSION", order->version, "Number or label")->required();
  verb.add_option("--class", order->hardware_class, "Only this hardware class");
  verb.add_option("--key", order->key, "Private key, which stays on this machine")->required();
  verb.add_option("--image", order->image, "File that must be the image that is signed for");
  verb.add_flag("--dry-run", order->dry, "Only show what would be signed");
  return order;
}

}  // namespace

void add_signing_verbs(CLI::App& noun, Session& session) {
  auto* sign = noun.add_subcommand("sign", "Sign a version's release with a release key");
  sign->callback([&session, order = add_order(*sign)] { sign_release_of(session, *order); });
}

}  // namespace flotilla::controller::app
