#include "controller/api/approval_request.h"

#include <algorithm>

#include "controller/domain/bounds.h"
#include "controller/domain/text.h"

namespace flotilla::controller::api {

namespace {

Refusal not_valid(std::string message, std::string remedy) {
  Refusal out{Code::kPermissionDenied, std::move(message), std::move(remedy)};
  out.rule = "approval_signature";
  return out;
}

std::string name_of(const ModelVersion& version) {
  return "version " + std::to_string(version.version) + " of " + version.model;
}

std::vector<std::string> read_envelopes(BodyReader& reader) {
  std::vector<std::string> out;
  for (const Json& text : reader.array("envelopes", 0, kMaxVariants, Need::kOptional)) {
    const bool is_text =
        text.is_string() && text.get_ref<const std::string&>().size() <= 2 * kMaxApproval;
    auto bytes = is_text ? parse_hex_text(text.get_ref<const std::string&>()) : std::nullopt;
    if (!bytes || bytes->empty()) {
      reader.fail("envelopes", quote(text), "signed approvals in hexadecimal");
      break;
    }
    out.push_back(std::move(*bytes));
  }
  return out;
}

const Variant* variant_of(const ModelVersion& version, std::string_view hardware_class) {
  for (const Variant& variant : version.variants) {
    if (variant.hardware_class == hardware_class) return &variant;
  }
  return nullptr;
}

/// Of this version, and by whoever sends it.
std::optional<Refusal> check_content(const Call& call, const ModelVersion& version,
                                     const Approval& approval) {
  const Variant* variant = variant_of(version, approval.hardware_class.view());
  const bool is_same = approval.model == version.model && approval.version == version.version &&
                       variant != nullptr && variant->release_digest == approval.release_digest;
  if (!is_same) {
    return not_valid("the approval is signed for " + std::string(approval.model.view()) + " " +
                         std::to_string(approval.version) + " on " +
                         std::string(approval.hardware_class.view()) + ", release " +
                         std::string(to_hex(approval.release_digest).view()) + ", not for " +
                         name_of(version),
                     "sign the release that is to be approved: flotilla model approve --key");
  }
  if (approval.approver == call.actor.identity) return std::nullopt;
  return not_valid("the approval is signed in the name of '" +
                       std::string(approval.approver.view()) + "'; the token is of '" +
                       call.actor.identity + "'",
                   "each person sends an approval of their own, with a token of their own");
}

/// A keyset that names approvers says who approves; without one a token is the proof.
bool approvals_are_signed(const Call& call) {
  if (!call.around.verify_approval) return false;
  if (call.around.keysets == nullptr) return true;
  const auto& keys = call.around.keysets->current()->keyset().keys;
  return std::any_of(keys.begin(), keys.end(),
                     [](const KeysetKey& key) { return (key.roles & kRoleApprover) != 0; });
}

std::optional<Refusal> take(const Call& call, const ModelVersion& version,
                            const std::string& envelope, std::vector<ApprovalRecord>& out) {
  const auto verified = call.around.verify_approval(as_bytes(envelope));
  if (!verified.ok()) {
    return not_valid(verified.status().reason(),
                     "sign with a key that the keyset names as an approver's");
  }
  const Approval& approval = verified.value().approval;
  if (auto refusal = check_content(call, version, approval)) return refusal;
  ApprovalRecord record;
  record.hardware_class = approval.hardware_class.view();
  record.key = verified.value().signer;
  record.envelope = envelope;
  out.push_back(std::move(record));
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> read_approvals(const Call& call, BodyReader& reader,
                                      const ModelVersion& version,
                                      const std::vector<std::string>& classes,
                                      std::vector<ApprovalRecord>& out) {
  const std::vector<std::string> envelopes = read_envelopes(reader);
  if (auto refusal = reader.finish()) return refusal;
  if (!approvals_are_signed(call)) {
    if (!envelopes.empty()) {
      return not_valid("the keyset of this server names no approver",
                       "approve without a key, or have the approver's key added to the keyset");
    }
    for (const std::string& name : classes) out.push_back({name, "", {}, 0, ""});
    return std::nullopt;
  }
  for (const std::string& envelope : envelopes) {
    if (auto refusal = take(call, version, envelope, out)) return refusal;
  }
  for (const std::string& name : classes) {
    const auto count = std::count_if(
        out.begin(), out.end(), [&](const ApprovalRecord& r) { return r.hardware_class == name; });
    if (count == 1) continue;
    return not_valid("there are " + std::to_string(count) + " signed approvals for class " + name +
                         ", not one: the keyset names approvers, so approvals are signed",
                     "flotilla model approve NAME VERSION --key FILE signs one for each class");
  }
  if (out.size() == classes.size()) return std::nullopt;
  return not_valid("an approval is signed for a class that was not asked for",
                   "name the class in hardware_classes, or leave its approval out");
}

}  // namespace flotilla::controller::api
