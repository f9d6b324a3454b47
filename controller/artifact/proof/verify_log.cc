#include "controller/artifact/proof/verify_log.h"

#include "controller/artifact/proof/sections.h"
#include "controller/domain/audit_tree.h"
#include "controller/domain/checkpoints.h"
#include "controller/domain/record_codec.h"
#include "controller/domain/text.h"
#include "schemas/wire/wire.h"

namespace flotilla::controller::proof {
namespace {

LogFault fault(std::string text, std::optional<uint64_t> first = std::nullopt) {
  return {std::move(text), first};
}

/// Keysets and checkpoint. Afterwards the reader stands at the first entry; `is_entry` is false
/// when there is none.
std::optional<LogFault> read_head(const Tools& tools, const Anchor& anchor, SectionReader& reader,
                                  CheckedHead& out, bool& is_entry) {
  if (!reader.ok()) return fault("this is not an exported audit log");
  if (!reader.next() || !reader.is(Section::kKeyset)) return fault("the file has no keyset");
  const Bytes in_force = reader.body();
  if (!reader.next() || !reader.is(Section::kCheckpoint))
    return fault("the file has no checkpoint");
  const Bytes checkpoint = reader.body();
  std::vector<Bytes> keysets;
  while ((is_entry = reader.next()) && reader.is(Section::kEarlierKeyset))
    keysets.push_back(reader.body());
  keysets.push_back(in_force);
  KeyChain chain;
  const Status trusted = chain.open(tools, anchor, keysets);
  if (!trusted.ok()) return fault(cat("the keyset is refused: ", trusted.reason()));
  out.vouched = chain.vouched();
  const Status status = check_checkpoint(tools, chain.newest(), checkpoint, out);
  if (!status.ok()) return fault(cat("the checkpoint is refused: ", status.reason()));
  return std::nullopt;
}

/// The entries of a file, one by one.
class LogCheck {
 public:
  LogCheck(Hasher& hasher, const Checkpoint& head, const Checkpoint* since)
      : hasher_(hasher), head_(head), since_(since) {}

  std::optional<LogFault> take(const SectionReader& reader, AuditEntry& entry) {
    const uint64_t number = tree_.size();
    if (!reader.is(Section::kEntry) || reader.body().size() < Digest::kSize)
      return fault(cat("what should be entry ", number, " is something else"), number);
    if (number == head_.head.size)
      return fault(cat("the file goes on after the ", number, " entries that were signed"), number);
    const Bytes bytes = reader.body().subspan(Digest::kSize);
    Digest leaf;
    copy(reader.body().first(Digest::kSize), leaf.bytes);
    const bool is_leaf = hash_tree::leaf_hash(hasher_, bytes) == leaf;
    if (!is_leaf && !altered_) altered_ = number;
    const Status decoded = decode(as_text(bytes), entry);
    if (is_leaf && !decoded.ok()) return fault(cat("entry ", number, " is malformed"), number);
    if (is_leaf && entry.number != number) {
      return fault(cat("entry ", number, " is not in its place: entry ", entry.number,
                       " stands there; entries are missing or in another order"),
                   number);
    }
    tree_.append_leaf(hasher_, leaf, [](uint8_t, uint64_t, const Digest&) {});
    return check_since();
  }

  std::optional<LogFault> finish() const {
    const uint64_t size = tree_.size();
    if (size < head_.head.size) {
      return fault(cat("the file ends after ", size, " of ", head_.head.size, " entries: entry ",
                       size, " and what follows is missing"),
                   size);
    }
    const bool same = tree_.head(hasher_).root == head_.head.root;
    if (altered_) {
      return fault(cat("entry ", *altered_, " was altered",
                       same ? ": its hash in the signed tree is another" : ""),
                   altered_);
    }
    if (!same) {
      return fault(
          cat("an entry was altered together with its hash: the root over the ", size,
              " entries is not the signed one",
              since_passed_ ? cat("; it is entry ", since_->head.size, " or a later one") : ""));
    }
    if (checkpoints::origin_of(tree_) != head_.origin.view())
      return fault("the checkpoint names another log");
    return std::nullopt;
  }

 private:
  std::optional<LogFault> check_since() {
    if (since_ == nullptr || tree_.size() != since_->head.size) return std::nullopt;
    since_passed_ = tree_.head(hasher_).root == since_->head.root;
    if (since_passed_) return std::nullopt;
    return fault(cat("the log does not begin with the ", since_->head.size,
                     " entries of the older checkpoint: one of them was altered",
                     altered_ ? cat(", entry ", *altered_) : ""),
                 altered_);
  }

  Hasher& hasher_;
  const Checkpoint& head_;
  const Checkpoint* since_;
  AuditTree tree_;
  std::optional<uint64_t> altered_;
  bool since_passed_ = false;
};

std::optional<LogFault> compare_heads(const Checkpoint& head, const Checkpoint* since) {
  if (since == nullptr) return std::nullopt;
  if (!(since->origin == head.origin)) {
    return fault(cat("the older checkpoint is of another log: ", since->origin.view(), ", not ",
                     head.origin.view()));
  }
  if (since->head.size <= head.head.size) return std::nullopt;
  return fault(
      cat("the log shrank: it had ", since->head.size, " entries and has ", head.head.size));
}

}  // namespace

std::string log_head(Bytes keyset, Bytes checkpoint, const std::vector<std::string>& earlier) {
  std::string out(kLogMagic);
  add_section(out, Section::kKeyset, keyset);
  add_section(out, Section::kCheckpoint, checkpoint);
  for (const std::string& one : earlier) add_section(out, Section::kEarlierKeyset, as_bytes(one));
  return out;
}

void add_entry(Hasher& hasher, std::string& out, Bytes entry) {
  std::string body(as_text(hash_tree::leaf_hash(hasher, entry).view()));
  body += as_text(entry);
  add_section(out, Section::kEntry, as_bytes(body));
}

Status check_checkpoint(const Tools& tools, const Keyset& keyset, Bytes bytes, CheckedHead& out) {
  out.keyset_epoch = keyset.epoch;
  Opened opened;
  FLOTILLA_TRY(opened.open(bytes));
  FLOTILLA_TRY(
      check_signed(tools, keyset, kRoleDirector, SignedKind::kCheckpoint, opened, out.director));
  const auto decoded = wire::decode_checkpoint(opened.bytes());
  FLOTILLA_TRY(decoded.status());
  out.checkpoint = decoded.value().value;
  return ok_status();
}

bool is_checkpoint(Bytes file) {
  SectionReader reader(file, kLogMagic);
  while (reader.next()) {
    const bool is_head = reader.is(Section::kKeyset) || reader.is(Section::kCheckpoint) ||
                         reader.is(Section::kEarlierKeyset);
    if (!is_head) return false;
  }
  return reader.ok();
}

std::optional<LogFault> check_head(const Tools& tools, const Anchor& anchor, Bytes file,
                                   CheckedHead& out) {
  SectionReader reader(file, kLogMagic);
  bool is_entry = false;
  return read_head(tools, anchor, reader, out, is_entry);
}

std::optional<LogFault> verify_log(const Tools& tools, const Anchor& anchor, Bytes file,
                                   const Checkpoint* since, CheckedHead& out,
                                   const std::function<void(const AuditEntry&)>& visit) {
  SectionReader reader(file, kLogMagic);
  bool is_entry = false;
  if (auto wrong = read_head(tools, anchor, reader, out, is_entry)) return wrong;
  if (auto wrong = compare_heads(out.checkpoint, since)) return wrong;
  LogCheck check(tools.hasher, out.checkpoint, since);
  for (; is_entry; is_entry = reader.next()) {
    AuditEntry entry;
    if (auto wrong = check.take(reader, entry)) return wrong;
    visit(entry);
  }
  if (!reader.ok()) return fault("the file is cut off within an entry");
  return check.finish();
}

}  // namespace flotilla::controller::proof
