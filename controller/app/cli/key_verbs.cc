#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "controller/adapters/mbed_hasher.h"
#include "controller/adapters/small_file.h"
#include "controller/api/keyset_view.h"
#include "controller/app/cli/key_file.h"
#include "controller/app/cli/keyset_proposal.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"
#include "controller/app/clocks.h"
#include "controller/domain/text.h"

namespace flotilla::controller::app {

namespace {

struct Ceremony {
  std::string folder;
  int roots = 1;
  int threshold = 1;
};

std::string words(const api::Json& list) {
  std::string out;
  for (const auto& word : list) out += (out.empty() ? "" : ",") + word.get<std::string>();
  return out;
}

/// Scopes bind the keys of releases and approvals alone.
std::string scopes_text(const api::Json& key) {
  const std::string scopes = field(key, "scopes"), roles = words(key["roles"]);
  const bool bound = roles.find("release") != roles.npos || roles.find("approver") != roles.npos;
  return scopes == "-" && bound ? "everything" : scopes;
}

void print_keyset(const api::Json& keyset) {
  std::printf("epoch %s, issued %s, needs %s root signatures\n\n", field(keyset, "epoch").c_str(),
              instant(keyset, "issued").c_str(), field(keyset, "root_threshold").c_str());
  Table table({"KEY", "ROLES", "MAY SIGN FOR"});
  for (const auto& key : keyset["keys"]) {
    table.add({field(key, "id"), words(key["roles"]), scopes_text(key)});
  }
  table.print();
  for (const auto& rule : keyset["approval_rules"]) {
    std::printf("%s approvals for %s\n", field(rule, "approvals").c_str(),
                field(rule, "scope").c_str());
  }
}

std::string signatures_text(const KeysetSignatures& found) {
  const auto of = [](int have, int need) {
    return std::to_string(have) + " of " + std::to_string(need);
  };
  std::string out = "signatures: " + of(found.have_own, found.need_own) + " of its own roots";
  if (found.need_old != 0) {
    out += ", " + of(found.have_old, found.need_old) + " of the keyset in force";
  }
  return out + (found.reason == Reason::kNone ? ": complete" : "");
}

// ---- init and new

std::string root_name(const Ceremony& ceremony, int number) {
  return ceremony.roots == 1 ? "root.key" : "root-" + std::to_string(number) + ".key";
}

std::vector<std::pair<std::string, uint8_t>> files_of(const Ceremony& ceremony) {
  std::vector<std::pair<std::string, uint8_t>> out;
  for (int i = 1; i <= ceremony.roots; ++i) out.emplace_back(root_name(ceremony, i), kRoleRoot);
  out.emplace_back("release.key", kRoleRelease);
  out.emplace_back("director.key", kRoleDirector);
  return out;
}

Status make_all(const Ceremony& ceremony, KeysetProposal& proposal) {
  for (const auto& [file, role] : files_of(ceremony)) {
    const auto key = make_key_pair(ceremony.folder + "/" + file);
    FLOTILLA_TRY(key.status());
    proposal.keys.push_back({key.value(), role, ""});
  }
  MbedHasher hasher;
  for (int i = 1; i <= ceremony.threshold; ++i) {
    const auto root = MbedSigner::load(hasher, ceremony.folder + "/" + root_name(ceremony, i));
    FLOTILLA_TRY(root.status());
    FLOTILLA_TRY(sign_proposal(proposal, *root.value()));
  }
  const auto envelope = envelope_of(proposal);
  FLOTILLA_TRY(envelope.status());
  return create_file(ceremony.folder + "/keyset.bin", as_bytes(envelope.value()), 0644);
}

void hold_ceremony(Session& session, const Ceremony& ceremony) {
  if (ceremony.threshold > ceremony.roots) {
    return session.fail(kExitUsage,
                        "--threshold " + std::to_string(ceremony.threshold) + " of --roots " +
                            std::to_string(ceremony.roots) + " root keys can never be met",
                        "make more root keys, or ask for fewer signatures");
  }
  for (const auto& [file, role] : files_of(ceremony)) {
    const std::string path = ceremony.folder + "/" + file;
    if (::access(path.c_str(), F_OK) != 0) continue;
    return session.fail(kExitRefused, path + " exists; keys are never overwritten",
                        "name another folder with --dir");
  }
  ::mkdir(ceremony.folder.c_str(), 0700);
  KeysetProposal proposal;
  proposal.issued = wall_now();
  proposal.root_threshold = static_cast<uint8_t>(ceremony.threshold);
  const Status made = make_all(ceremony, proposal);
  if (!made.ok()) {
    return session.fail(kExitRefused,
                        "cannot make keys in " + ceremony.folder + ": " + made.reason(),
                        "check that the folder can be written");
  }
  if (session.print_json(proposal_json(proposal))) return;
  size_t at = 0;
  for (const auto& [file, role] : files_of(ceremony)) {
    std::printf("%-13s key id %s\n", file.c_str(),
                key_id_text(proposal.keys[at++].public_key).c_str());
  }
  std::printf("%-13s epoch 1, %d of %d root signatures: give it to every device\n\n", "keyset.bin",
              ceremony.threshold, ceremony.roots);
  std::printf(
      "Move each root key to a place of its own, off this machine: they are needed only\n"
      "to change the keyset, %d at a time.\n",
      ceremony.threshold);
}

void make_key(Session& session, const std::string& role, const std::string& out) {
  const auto key = make_key_pair(out);
  if (!key.ok()) {
    return session.fail(kExitRefused, "cannot make " + out + ": " + key.status().reason(),
                        "keys are never overwritten; name another file");
  }
  const std::string id = key_id_text(key.value());
  const std::string half = public_file_of(out);
  if (session.print_json({{"id", id}, {"key", out}, {"public", half}})) return;
  std::printf("%s  key id %s, keep it to yourself\n%s  public half\n", out.c_str(), id.c_str(),
              half.c_str());
  std::printf("next: flotilla key add KEYSET --role %s --key %s --out next.json\n", role.c_str(),
              half.c_str());
}

// ---- show, sign, publish

/// Writes a keyset for devices and auditors; false: it could not, and said so.
bool write_keyset(Session& session, const std::string& envelope, const std::string& out) {
  return session.written(out, create_file(out, as_bytes(envelope), 0644));
}

void show_keyset_in_force(Session& session, const std::string& out) {
  const auto reply = session.get("/keyset");
  if (!reply) return;
  if (!out.empty()) {
    const auto envelope = parse_hex_text(reply->value("envelope", ""));
    if (!envelope)
      return session.fail(kExitUnreachable, "the server's keyset is not in hexadecimal",
                          "use a program of the server's version");
    if (!write_keyset(session, *envelope, out)) return;
  }
  if (session.print_json(*reply)) return;
  print_keyset(*reply);
  if (!out.empty()) std::printf("\nwritten to %s\n", out.c_str());
}

void show_keyset(Session& session, const std::string& path) {
  MbedHasher hasher;
  const auto text = read_small_file(path, kMaxEnvelope);
  const auto keys = text.ok() ? FleetKeys::open(text.value())
                              : Result<std::shared_ptr<const FleetKeys>>(text.status());
  if (keys.ok()) {
    const api::Json keyset = api::keyset_json(hasher, keys.value()->keyset());
    if (!session.print_json(keyset)) print_keyset(keyset);
    return;
  }
  const auto proposal = load_proposal(path, wall_now());
  if (!proposal.ok()) {
    return session.fail(kExitRefused, path + ": " + proposal.status().reason(),
                        "name keyset.bin, or a proposal made from it");
  }
  const api::Json told = proposal_json(proposal.value());
  if (session.print_json(told)) return;
  print_keyset(told);
  const auto found = signatures_of(proposal.value());
  if (found.ok()) std::printf("%s\n", signatures_text(found.value()).c_str());
}

void add_signature(Session& session, const std::string& path, const std::string& key) {
  auto proposal = load_proposal(path, wall_now());
  if (!proposal.ok()) {
    return session.fail(kExitRefused, path + ": " + proposal.status().reason(),
                        "name a proposal made by 'flotilla key add' or 'key delegate'");
  }
  const auto signer = load_signer(session, key);
  if (!signer) return;
  if (!session.options.json) print_keyset(proposal_json(proposal.value()));
  Status status = sign_proposal(proposal.value(), *signer);
  if (status.ok()) status = save_proposal(path, proposal.value());
  if (!status.ok()) {
    return session.fail(
        kExitRefused,
        "not signed with key " + key_id_text(signer->public_key()) + ": " + status.reason(),
        "sign with another root key; roots: flotilla key show " + path);
  }
  const auto found = signatures_of(proposal.value());
  if (session.print_json(proposal_json(proposal.value()))) return;
  std::printf("\nsigned with key %s\n", key_id_text(signer->public_key()).c_str());
  if (!found.ok()) return;
  std::printf("%s\n", signatures_text(found.value()).c_str());
  if (found.value().reason == Reason::kNone) {
    std::printf("next: flotilla key publish %s\n", path.c_str());
  }
}

/// The signed keyset of a proposal with enough signatures, or of a file that is one.
Result<std::string> complete_envelope(const std::string& path, std::string& missing) {
  const auto text = read_small_file(path, kMaxEnvelope);
  if (text.ok() && FleetKeys::open(text.value()).ok()) return text.value();
  const auto proposal = load_proposal(path, wall_now());
  if (!proposal.ok()) return proposal.status();
  const auto found = signatures_of(proposal.value());
  if (!found.ok()) return found.status();
  if (found.value().reason != Reason::kNone) missing = signatures_text(found.value());
  return envelope_of(proposal.value());
}

void publish_keyset_file(Session& session, const std::string& path, const std::string& out) {
  std::string missing;
  const auto envelope = complete_envelope(path, missing);
  if (!missing.empty()) {
    return session.fail(kExitRefused, path + ": " + missing,
                        "let more root keys sign it: flotilla key sign-keyset");
  }
  if (!envelope.ok()) {
    return session.fail(kExitRefused, path + ": " + envelope.status().reason(),
                        "name a signed proposal");
  }
  if (!out.empty()) {
    if (!write_keyset(session, envelope.value(), out)) return;
    if (!session.print_json({{"keyset", out}})) {
      std::printf("%s  give it to every new device\n", out.c_str());
    }
    return;
  }
  const auto reply =
      session.call("POST", "/keyset", {{"envelope", hex_text(as_bytes(envelope.value()))}});
  if (!reply || session.print_json(*reply)) return;
  std::printf("in force: ");
  print_keyset(*reply);
}

}  // namespace

void add_key_verbs(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("key", "Keys, and what they may sign")->require_subcommand(1);
  auto* start = noun->add_subcommand("init", "Make all keys and the first keyset, on one machine");
  auto ceremony = std::make_shared<Ceremony>();
  start->add_option("--dir", ceremony->folder, "Folder for the keys; made when missing")
      ->required();
  start->add_option("--roots", ceremony->roots, "Root keys")->check(CLI::Range(1, 8));
  start->add_option("--threshold", ceremony->threshold, "Of them must sign a keyset")
      ->check(CLI::Range(1, static_cast<int>(kMaxSignatures)));
  start->callback([&session, ceremony] { hold_ceremony(session, *ceremony); });

  auto* fresh = noun->add_subcommand("new", "Make one key");
  auto role = std::make_shared<std::string>();
  auto file = std::make_shared<std::string>();
  fresh->add_option("--role", *role, "What it is for")
      ->required()
      ->check(CLI::IsMember({"root", "release", "director", "approver"}));
  fresh->add_option("--out", *file, "File for the private key, NAME.key")->required();
  fresh->callback([&session, role, file] { make_key(session, *role, *file); });

  auto* shown = noun->add_subcommand("show", "The keyset in force, or one in a file");
  auto source = std::make_shared<std::string>();
  shown->add_option("KEYSET", *source, "Signed keyset or proposal; none: the server's");
  auto copy = std::make_shared<std::string>();
  shown->add_option("--out", *copy, "Write the server's keyset to this file as well");
  shown->callback([&session, source, copy] {
    if (source->empty()) return show_keyset_in_force(session, *copy);
    if (!copy->empty())
      return session.fail(kExitUsage, "--out writes the server's keyset, not that of " + *source,
                          "leave " + *source + " out");
    show_keyset(session, *source);
  });

  add_keyset_change_verbs(*noun, session);

  auto* signing = noun->add_subcommand("sign-keyset", "Sign a proposal with a root key");
  auto proposal = std::make_shared<std::string>();
  auto root = std::make_shared<std::string>();
  signing->add_option("PROPOSAL", *proposal, "File made by add, remove, delegate...")->required();
  signing->add_option("--key", *root, "Private root key")->required();
  signing->callback([&session, proposal, root] { add_signature(session, *proposal, *root); });

  auto* out = noun->add_subcommand("publish", "Put a signed keyset in force");
  auto ready = std::make_shared<std::string>();
  auto target = std::make_shared<std::string>();
  out->add_option("KEYSET", *ready, "Proposal with enough signatures, or signed keyset")
      ->required();
  out->add_option("--out", *target, "Only write the signed keyset to this file");
  out->callback([&session, ready, target] { publish_keyset_file(session, *ready, *target); });
}

}  // namespace flotilla::controller::app
