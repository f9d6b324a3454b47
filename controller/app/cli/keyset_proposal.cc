#include "controller/app/cli/keyset_proposal.h"

#include <algorithm>

#include "controller/adapters/mbed_hasher.h"
#include "controller/adapters/openssl_verifier.h"
#include "controller/adapters/output_file.h"
#include "controller/adapters/small_file.h"
#include "controller/api/keyset_view.h"
#include "controller/app/cli/key_file.h"
#include "controller/artifact/manifest_builder.h"
#include "controller/domain/text.h"
#include "schemas/protocol/trust.h"

namespace flotilla::controller::app {

namespace {

constexpr size_t kMaxProposalFile = 64 * 1024;
constexpr const char* kFormat = "flotilla-keyset-proposal-1";

bool read_key(const api::Json& row, KeysetProposal& out) {
  KeysetProposal::Key key;
  if (!read_hex(row.value("public_key", ""), key.public_key)) return false;
  for (const auto& role : row.at("roles")) {
    const uint8_t bit = parse_key_role(role.get<std::string>());
    if (bit == 0) return false;
    key.roles = static_cast<uint8_t>(key.roles | bit);
  }
  key.scopes = row.value("scopes", "");
  out.keys.push_back(key);
  return true;
}

bool read_signature(const api::Json& row, KeysetProposal& out) {
  std::pair<KeyId, SignatureBytes> signature;
  if (!parse_hex(row.value("key", ""), signature.first)) return false;
  if (!read_hex(row.value("signature", ""), signature.second)) return false;
  out.signatures.push_back(signature);
  return true;
}

bool read_members(const api::Json& object, KeysetProposal& out) {
  out.epoch = object.at("epoch").get<uint32_t>();
  out.issued.ms = object.at("issued_ms").get<int64_t>();
  out.root_threshold = object.at("root_threshold").get<uint8_t>();
  for (const auto& row : object.at("keys")) {
    if (!read_key(row, out)) return false;
  }
  for (const auto& row : object.at("approval_rules")) {
    out.rules.push_back({row.at("scope").get<std::string>(), row.at("approvals").get<uint8_t>()});
  }
  for (const auto& row : object.at("signatures")) {
    if (!read_signature(row, out)) return false;
  }
  const auto current = parse_hex_text(object.value("replaces", ""));
  if (current) out.current = *current;
  return current.has_value();
}

Result<KeysetProposal> parse_proposal(const std::string& text) {
  const api::Json object = api::Json::parse(text, nullptr, /*allow_exceptions=*/false);
  KeysetProposal out;
  try {
    if (object.is_object() && object.value("format", "") == kFormat && read_members(object, out)) {
      return out;
    }
  } catch (const api::Json::exception&) {  // a member is missing or of another type
  }
  return Status(Code::kInvalidArgument, "it is neither a signed keyset nor a proposal of one");
}

/// The keyset in force that a proposal names; null: it is the first.
Result<std::shared_ptr<const FleetKeys>> current_of(const KeysetProposal& proposal) {
  if (proposal.current.empty()) return std::shared_ptr<const FleetKeys>();
  return FleetKeys::open(proposal.current);
}

bool is_root(const Keyset& keyset, const PublicKey& key) {
  return std::any_of(keyset.keys.begin(), keyset.keys.end(), [&](const KeysetKey& known) {
    return known.public_key == key && (known.roles & kRoleRoot) != 0;
  });
}

}  // namespace

KeysetProposal successor_of(const FleetKeys& keys, WallTime now) {
  const Keyset& keyset = keys.keyset();
  KeysetProposal out;
  out.epoch = keyset.epoch + 1;
  out.issued = std::max(now, WallTime{keyset.issued.ms + 1});
  out.root_threshold = keyset.root_threshold;
  out.current = keys.envelope();
  for (const KeysetKey& key : keyset.keys) {
    out.keys.push_back({key.public_key, key.roles, std::string(key.scopes)});
  }
  for (const ApprovalRule& rule : keyset.approval_rules) {
    out.rules.push_back({std::string(rule.scope), rule.count});
  }
  return out;
}

Result<KeysetProposal> load_proposal(const std::string& path, WallTime now) {
  const auto text = read_small_file(path, kMaxProposalFile);
  if (!text.ok()) return text.status();
  const auto keys = FleetKeys::open(text.value());
  if (keys.ok()) return successor_of(*keys.value(), now);
  return parse_proposal(text.value());
}

Status save_proposal(const std::string& path, const KeysetProposal& proposal) {
  const std::string text = proposal_json(proposal).dump(2) + "\n";
  return write_whole(path, OutputFile::Existing::kReplace, as_bytes(text));
}

Result<Keyset> keyset_of(const KeysetProposal& proposal) {
  Keyset out;
  out.epoch = proposal.epoch;
  out.issued = proposal.issued;
  out.root_threshold = proposal.root_threshold;
  for (const KeysetProposal::Key& key : proposal.keys) {
    if (!out.keys.push_back({key.public_key, key.roles, key.scopes})) {
      return Status(Code::kOutOfRange, "a keyset holds at most 16 keys");
    }
  }
  for (const KeysetProposal::Rule& rule : proposal.rules) {
    if (!out.approval_rules.push_back({rule.scope, rule.count})) {
      return Status(Code::kOutOfRange, "a keyset holds at most 8 approval rules");
    }
  }
  return out;
}

Status check_proposal(const KeysetProposal& proposal) {
  const auto keyset = keyset_of(proposal);
  if (!keyset.ok()) return keyset.status();
  return keyset_body(keyset.value()).status();
}

Result<std::string> envelope_of(const KeysetProposal& proposal) {
  const auto keyset = keyset_of(proposal);
  if (!keyset.ok()) return keyset.status();
  const auto body = keyset_body(keyset.value());
  if (!body.ok()) return body.status();
  std::vector<SignatureView> views;
  for (const auto& [key, bytes] : proposal.signatures) {
    views.push_back({key, SignatureAlgorithm::kEcdsaP256Sha256, bytes});
  }
  return assemble(SignedKind::kKeyset, as_bytes(body.value()), views);
}

Result<KeysetSignatures> signatures_of(const KeysetProposal& proposal) {
  const auto current = current_of(proposal);
  if (!current.ok()) return current.status();
  const Keyset* in_force = current.value() ? &current.value()->keyset() : nullptr;
  KeysetSignatures none;
  none.reason = Reason::kBadSignature;
  none.need_own = proposal.root_threshold;
  none.need_old = in_force != nullptr ? in_force->root_threshold : uint8_t{0};
  if (proposal.signatures.empty()) return none;
  const auto envelope = envelope_of(proposal);
  if (!envelope.ok()) return envelope.status();
  const auto next = FleetKeys::open(envelope.value());
  if (!next.ok()) return next.status();
  MbedHasher hasher;
  const OpensslVerifier openssl;
  HashingVerifier verifier(hasher, openssl);
  return check_keyset(verifier, in_force, next.value()->signed_keyset());
}

Status sign_proposal(KeysetProposal& proposal, Signer& root) {
  const auto keyset = keyset_of(proposal);
  if (!keyset.ok()) return keyset.status();
  const auto current = current_of(proposal);
  if (!current.ok()) return current.status();
  const bool old_root = current.value() && is_root(current.value()->keyset(), root.public_key());
  if (!old_root && !is_root(keyset.value(), root.public_key())) {
    return {Code::kPermissionDenied,
            "the key is a root neither of the keyset in force nor of the proposed one"};
  }
  for (const auto& [key, bytes] : proposal.signatures) {
    if (key == root.key_id()) return {Code::kAlreadyExists, "the key has signed it already"};
  }
  if (proposal.signatures.size() >= kMaxSignatures) {
    return {Code::kOutOfRange, "a keyset carries at most 4 signatures"};
  }
  const auto body = keyset_body(keyset.value());
  if (!body.ok()) return body.status();
  MbedHasher hasher;
  const auto signature =
      root.sign(signing_digest(hasher, SignedKind::kKeyset, as_bytes(body.value())));
  if (!signature.ok()) return signature.status();
  proposal.signatures.emplace_back(root.key_id(), signature.value());
  return ok_status();
}

api::Json proposal_json(const KeysetProposal& proposal) {
  MbedHasher hasher;
  const auto keyset = keyset_of(proposal);
  api::Json out = keyset.ok() ? api::keyset_json(hasher, keyset.value()) : api::Json::object();
  out["format"] = kFormat;
  out["signatures"] = api::Json::array();
  for (const auto& [key, bytes] : proposal.signatures) {
    out["signatures"].push_back({{"key", to_hex(key).view()}, {"signature", hex_text(bytes)}});
  }
  out["replaces"] = hex_text(as_bytes(proposal.current));
  return out;
}

}  // namespace flotilla::controller::app
