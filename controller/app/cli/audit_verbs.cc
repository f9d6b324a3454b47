#include <CLI/CLI.hpp>

#include "controller/adapters/mapped_file.h"
#include "controller/adapters/mbed_hasher.h"
#include "controller/adapters/openssl_verifier.h"
#include "controller/adapters/output_file.h"
#include "controller/app/cli/anchor.h"
#include "controller/app/cli/bundle_text.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"
#include "controller/artifact/proof/verify_log.h"
#include "controller/domain/text.h"

namespace flotilla::controller::app {

namespace {

struct AuditRange {
  std::optional<uint64_t> from;
  uint64_t last = 50;
};

struct VerifyOptions {
  std::string file;
  AnchorOptions anchor;
  std::string since;
  bool checkpoint = false;  ///< the file is to be no more than that
};

void list_audit(Session& session, const AuditRange& range) {
  std::string path = "/audit?limit=" + std::to_string(range.last);
  if (range.from) path += "&from=" + std::to_string(*range.from);
  const auto reply = session.get(path);
  if (!reply || session.print_json(*reply)) return;
  Table table({"NUMBER", "TIME", "ACTOR", "ACTION", "OBJECT", "DETAIL"});
  for (const auto& row : (*reply)["entries"]) {
    table.add({field(row, "number"), instant(row, "time"), field(row, "actor"),
               field(row, "action"), field(row, "object"), field(row, "detail")});
  }
  table.print();
}

std::string bytes_of(const api::Json& object, const char* name) {
  return parse_hex_text(object.value(name, "")).value_or("");
}

/// The start of a file: newest checkpoint, and keysets.
std::string head_of(const api::Json& reply) {
  std::vector<std::string> earlier;
  for (const auto& row : reply.value("earlier_keysets", api::Json::array())) {
    auto bytes = row.is_string() ? parse_hex_text(row.get_ref<const std::string&>()) : std::nullopt;
    if (bytes) earlier.push_back(std::move(*bytes));
  }
  return proof::log_head(as_bytes(bytes_of(reply, "keyset")), as_bytes(bytes_of(reply, "envelope")),
                         earlier);
}

void show_checkpoint(Session& session, const std::string& out) {
  const auto reply = session.get("/audit/checkpoint");
  if (!reply) return;
  if (!out.empty()) {
    const std::string head = head_of(*reply);
    if (!session.written(out, write_whole(out, OutputFile::Existing::kReplace, as_bytes(head))))
      return;
  }
  if (session.print_json(*reply)) return;
  print_fields(*reply, {"origin", "size", "root", "time"});
  if (!out.empty()) std::printf("%-24s %s\n", "written to", out.c_str());
}

/// Pages until the checkpoint's size; false when the server did not answer.
bool append_entries(Session& session, uint64_t size, OutputFile& file, Status& status) {
  MbedHasher hasher;
  for (uint64_t from = 0; from < size;) {
    const uint64_t limit = std::min<uint64_t>(size - from, 1000);
    const auto page = session.get("/audit/entries?from=" + std::to_string(from) +
                                  "&limit=" + std::to_string(limit));
    if (!page) return false;
    std::string part;
    for (const auto& row : (*page)["entries"]) {
      const auto entry = parse_hex_text(row.get_ref<const std::string&>());
      if (!entry) continue;
      proof::add_entry(hasher, part, as_bytes(*entry));
      ++from;
    }
    if (part.empty()) status = {Code::kUnavailable, "the server has fewer entries than it signed"};
    if (status.ok()) status = file.append(as_bytes(part));
    if (!status.ok()) return true;
  }
  return true;
}

void export_log(Session& session, const std::string& out) {
  const auto reply = session.get("/audit/checkpoint");
  if (!reply) return;
  const uint64_t size = number(*reply, "size");
  OutputFile file;
  Status status = file.open(out, OutputFile::Existing::kReplace);
  if (status.ok()) status = file.append(as_bytes(head_of(*reply)));
  if (status.ok() && !append_entries(session, size, file, status)) return;
  if (status.ok()) status = file.finish();
  if (!session.written(out, status)) return;
  const api::Json told = {{"file", out}, {"entries", size}, {"root", field(*reply, "root")}};
  if (session.print_json(told)) return;
  std::printf("%s: %llu entries, root %s\n", out.c_str(), static_cast<unsigned long long>(size),
              field(*reply, "root").c_str());
}

/// A file that a verb was given, mapped; tells when it cannot be read.
std::shared_ptr<MappedFile> open_file(Session& session, const std::string& path) {
  const auto file = MappedFile::open(path);
  if (file.ok()) return file.value();
  session.fail(kExitUsage, "cannot read " + path + ": " + file.status().reason(),
               "name a file that can be read");
  return nullptr;
}

std::optional<proof::Anchor> anchor_of(Session& session, const AnchorOptions& options) {
  proof::Anchor anchor;
  const auto wrong = read_anchor(options, anchor);
  if (!wrong) return anchor;
  session.fail(kExitUsage, *wrong,
               "give the public keys of roots (root.pub) or a keyset that you trust");
  return std::nullopt;
}

constexpr const char* kRefusedRemedy =
    "do not trust this file; ask for another copy, and compare checkpoints with other witnesses";

constexpr const char* kOwnWord =
    "the keyset is the file's own word: give --root-key to compare it with the root";

/// How many of the given roots stand behind the keyset: below the keyset's own threshold a device
/// would not take it.
std::string vouched_text(const proof::Vouched& vouched) {
  if (vouched.given == 0) return kOwnWord;
  std::string out =
      cat("keyset epoch ", vouched.epoch, " is signed by ", vouched.signed_by, " of the ",
          vouched.given, vouched.given == 1 ? " root key" : " root keys", " given");
  if (vouched.signed_by < vouched.asked)
    out +=
        cat("; the keyset asks for ", vouched.asked, ": give more with --threshold, or the keyset");
  return out;
}

api::Json vouched_json(const proof::Vouched& vouched) {
  if (vouched.given == 0) return api::Json();
  return {{"keyset_epoch", vouched.epoch},
          {"signed_by", vouched.signed_by},
          {"given", vouched.given},
          {"keyset_threshold", vouched.asked}};
}

/// The checkpoint of an older file.
bool read_since(Session& session, const proof::Tools& tools, const proof::Anchor& anchor,
                const std::string& path, proof::CheckedHead& out) {
  const auto file = open_file(session, path);
  if (!file) return false;
  const auto wrong = proof::check_head(tools, anchor, file->bytes(), out);
  if (wrong) session.fail(kExitRefused, path + ": " + wrong->text, kRefusedRemedy);
  return !wrong;
}

void tell_holding(Session& session, const VerifyOptions& options, const proof::CheckedHead& head,
                  const proof::CheckedHead* since, bool is_alone) {
  const Checkpoint& checkpoint = head.checkpoint;
  api::Json told = {{"file", options.file},
                    {"origin", checkpoint.origin.view()},
                    {"entries", checkpoint.head.size},
                    {"root", to_hex(checkpoint.head.root).view()},
                    {"director", to_hex(head.director).view()},
                    {"keyset_epoch", head.keyset_epoch},
                    {"root_key_given", !options.anchor.files.empty()},
                    {"roots", vouched_json(head.vouched)},
                    {"checkpoint_only", is_alone}};
  if (since != nullptr) told["since"] = since->checkpoint.head.size;
  if (session.print_json(told)) return;
  std::printf(is_alone ? "%s holds: a checkpoint of %s entries of %s, without them\n"
                       : "%s holds: %s entries of %s\n",
              options.file.c_str(), field(told, "entries").c_str(), field(told, "origin").c_str());
  std::printf("  root      %s\n", field(told, "root").c_str());
  std::printf("  signed by director key %s of keyset epoch %u\n", field(told, "director").c_str(),
              head.keyset_epoch);
  if (since != nullptr)
    std::printf("  begins with the %s entries of the older checkpoint\n",
                field(told, "since").c_str());
  std::printf("  %s\n", vouched_text(head.vouched).c_str());
}

void verify_bundle_file(Session& session, const VerifyOptions& options, const proof::Tools& tools,
                        const proof::Anchor& anchor, Bytes file) {
  proof::BundleFacts facts;
  const auto wrong = proof::verify_bundle(tools, anchor, file, facts);
  if (wrong) return session.fail(kExitRefused, options.file + ": " + *wrong, kRefusedRemedy);
  api::Json told = bundle_json(facts);
  told["root_key_given"] = !options.anchor.files.empty();
  told["roots"] = vouched_json(facts.head.vouched);
  if (session.print_json(told)) return;
  std::printf("%s holds\n", options.file.c_str());
  print_bundle(facts);
  std::printf("  %s\n", vouched_text(facts.head.vouched).c_str());
}

void verify_checkpoint(Session& session, const VerifyOptions& options, const proof::Tools& tools,
                       const proof::Anchor& anchor, Bytes file) {
  if (!options.since.empty()) {
    return session.fail(kExitUsage, "a checkpoint alone cannot be compared with an older one",
                        "verify an export with --since " + options.file);
  }
  proof::CheckedHead head;
  const auto wrong = proof::check_head(tools, anchor, file, head);
  if (wrong) return session.fail(kExitRefused, options.file + ": " + wrong->text, kRefusedRemedy);
  tell_holding(session, options, head, nullptr, true);
}

void verify_file(Session& session, const VerifyOptions& options) {
  const auto anchor = anchor_of(session, options.anchor);
  if (!anchor) return;
  const auto file = open_file(session, options.file);
  if (!file) return;
  MbedHasher hasher;
  OpensslVerifier verifier;
  const proof::Tools tools{hasher, verifier};
  if (proof::is_bundle(file->bytes()))
    return verify_bundle_file(session, options, tools, *anchor, file->bytes());
  if (options.checkpoint) return verify_checkpoint(session, options, tools, *anchor, file->bytes());
  if (proof::is_checkpoint(file->bytes())) {
    return session.fail(kExitRefused, options.file + " holds a checkpoint and none of its entries",
                        "when it is to be a checkpoint alone, give --checkpoint; when it was an "
                        "export, it was cut off: ask for another copy");
  }
  proof::CheckedHead head, since;
  const bool compares = !options.since.empty();
  if (compares && !read_since(session, tools, *anchor, options.since, since)) return;
  const auto wrong =
      proof::verify_log(tools, *anchor, file->bytes(), compares ? &since.checkpoint : nullptr, head,
                        [](const AuditEntry&) {});
  if (wrong) return session.fail(kExitRefused, options.file + ": " + wrong->text, kRefusedRemedy);
  tell_holding(session, options, head, compares ? &since : nullptr, false);
}

void show_witnesses(Session& session) {
  const auto reply = session.get("/audit/witnesses");
  if (!reply || session.print_json(*reply)) return;
  for (const auto& [name, count] : (*reply)["devices"].items())
    std::printf("%-24s %s\n", name.c_str(), api::to_text(count).c_str());
  if ((*reply)["witnesses"].empty()) return;
  std::printf("\n");
  Table table({"DEVICE", "STANDING", "AGREES", "ENTRIES", "ROOT", "OTHER ROOT"});
  for (const auto& row : (*reply)["witnesses"]) {
    table.add({field(row, "device"), field(row, "standing"), field(row, "agrees"),
               field(row, "size"), digest(row, "root"), digest(row, "other_root")});
  }
  table.print();
}

void add_list(CLI::App& noun, Session& session) {
  auto* list = noun.add_subcommand("list", "Entries of the audit log, oldest first");
  auto range = std::make_shared<AuditRange>();
  list->add_option_function<uint64_t>(
      "--from", [range](const uint64_t& number) { range->from = number; },
      "Number of the first entry");
  list->add_option("--last,--limit", range->last, "How many entries")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  list->callback([&session, range] { list_audit(session, *range); });
}

void add_verify(CLI::App& noun, Session& session) {
  auto* verify = noun.add_subcommand("verify",
                                     "Check an exported log or a proof bundle without a server; "
                                     "exit code 1 when it does not hold");
  auto options = std::make_shared<VerifyOptions>();
  verify
      ->add_option("FILE", options->file,
                   "What 'audit export', 'audit checkpoint --out' or 'device history --out' wrote")
      ->required();
  verify
      ->add_option("--root-key", options->anchor.files,
                   "A root's public key (root.pub or PEM), again for each root; or a keyset, whose "
                   "roots and threshold count")
      ->allow_extra_args(false);
  verify->add_option_function<uint32_t>(
      "--threshold", [options](const uint32_t& number) { options->anchor.threshold = number; },
      "So many of the root keys must have signed (default: all that are given)");
  verify->add_flag("--checkpoint", options->checkpoint,
                   "FILE is a checkpoint alone: check who signed it");
  verify->add_option("--since", options->since,
                     "Older checkpoint or export: the log must begin with it");
  verify->callback([&session, options] { verify_file(session, *options); });
}

}  // namespace

void add_audit_verbs(CLI::App& app, Session& session) {
  auto* noun = app.add_subcommand("audit", "Audit log")->require_subcommand(1);
  add_list(*noun, session);
  auto* checkpoint = noun->add_subcommand("checkpoint", "Signed head of the log as it is now");
  auto kept = std::make_shared<std::string>();
  checkpoint->add_option("--out", *kept, "Keep it in a file, to compare later logs with");
  checkpoint->callback([&session, kept] { show_checkpoint(session, *kept); });
  auto* exported = noun->add_subcommand("export", "Write the whole log to a file");
  auto out = std::make_shared<std::string>();
  exported->add_option("--out", *out, "File to write")->required();
  exported->callback([&session, out] { export_log(session, *out); });
  add_verify(*noun, session);
  noun->add_subcommand("witnesses", "Devices that saw another log than this one, or no proof")
      ->callback([&session] { show_witnesses(session); });
}

}  // namespace flotilla::controller::app
