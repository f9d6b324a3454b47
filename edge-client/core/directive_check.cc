#include "edge-client/core/directive_check.h"

#include "edge-client/core/revocation.h"
#include "schemas/protocol/trust.h"

namespace flotilla::edge {
namespace {

/// The first offer for this base; 0: none.
TransferId offer_from(const Directive& directive, const Digest& base) {
  for (const Offer& offer : directive.offers) {
    if (offer.base_digest == base) return offer.transfer;
  }
  return 0;
}

bool applies_here(Context& context, const Directive& directive) {
  const std::string_view device = context.config.device.view();
  const uint32_t position = cohort_position(context.ports.crypto, directive.salt, device);
  return in_cohort(directive, position, context.config.site.view());
}

}  // namespace

Reason check_directive_signature(Context& context, const Signed<Directive>& directive) {
  const Envelope& envelope = directive.envelope;
  if (envelope.kind != SignedKind::kDirective) return Reason::kBadSignature;
  Crypto& crypto = context.ports.crypto;
  const Digest digest = signing_digest(crypto, SignedKind::kDirective, envelope.signed_bytes);
  return context.trust.check(crypto, envelope, kRoleDirector, digest);
}

Reason check_directive(const Context& context, const Directive& directive, bool personal,
                       const ModelRecord& record, bool& repeated) {
  if (!(directive.hardware_class == context.config.hardware_class)) return Reason::kWrongClass;
  const std::string_view addressee = personal ? context.config.device.view() : std::string_view();
  if (directive.device.view() != addressee) return Reason::kManifestMismatch;
  const bool names_image = !directive.image_digest.is_none() && !directive.release_digest.is_none();
  if (directive.verb != Verb::kHold && !names_image) return Reason::kManifestMismatch;
  if (directive.epoch != context.trust.keys().epoch) return Reason::kReplayed;
  const DirectivePosition position{directive.epoch, directive.seq};
  const DirectivePosition& newest = personal ? record.personal_position : record.class_position;
  if (position < newest) return Reason::kReplayed;
  repeated = position == newest;
  const bool fresh =
      directive.expires > context.trust.now() && directive.expires > directive.issued;
  return fresh || repeated ? Reason::kNone : Reason::kExpired;
}

void renew_intent(Context& context, const Directive& directive, bool personal,
                  ModelRecord& record) {
  Intent& intent = record.intent;
  intent.rollout = directive.rollout;
  intent.epoch = directive.epoch;
  intent.verb = directive.verb;
  intent.personal = personal;
  intent.applies = personal || applies_here(context, directive);
  intent.release = directive.release_digest;
  intent.image = directive.image_digest;
  const bool in_trial = record.state == UpdateState::kTrial;
  const bool has_active = record.active.exists();
  intent.from_active = has_active ? offer_from(directive, record.active.digest) : 0;
  intent.from_trial = in_trial ? offer_from(directive, record.target.digest) : 0;
  intent.full = offer_from(directive, Digest{});
  intent.expires = directive.expires;
  intent.not_before = directive.not_before;
  intent.floor = directive.floor;
  intent.healthy_for_s = directive.healthy_for_s;
  intent.trial_deadline_s = directive.trial_deadline_s;
  intent.start_window_s = directive.start_window_s;
  intent.trial_attempts = directive.trial_attempts;
  intent.revoked = names_intent(directive.revoked, record);
}

}  // namespace flotilla::edge
