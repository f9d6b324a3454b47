#include "generated/directive_generated.h"
#include "schemas/wire/check.h"
#include "schemas/wire/message_builder.h"
#include "schemas/wire/wire.h"

namespace flotilla::wire {
namespace {

using flatbuffers::Offset;

struct Rows {
  Offset<flatbuffers::Vector<Offset<fb::Offer>>> offers;
  Offset<flatbuffers::Vector<Offset<fb::CohortTerm>>> cohort;
};

Bound bound_of(const Directive& value) {
  Bound bound = Bound().table(22, 2).bytes(value.salt).bytes(value.revoked);
  bound.text(value.model.view()).text(value.hardware_class.view()).text(value.device.view());
  bound.vector(value.offers.size()).vector(value.cohort.size());
  for (size_t i = 0; i < value.offers.size(); ++i) bound.table(2, 1);
  for (const CohortTerm& term : value.cohort) bound.table(3).text(term.site.view());
  return bound;
}

Offset<fb::Offer> build(MessageBuilder& message, const Offer& offer) {
  const DigestField base(offer.base_digest);
  fb::OfferBuilder table(message.fbb());
  table.add_transfer(offer.transfer);
  table.add_base_digest(base.get());
  return table.Finish();
}

Offset<fb::CohortTerm> build(MessageBuilder& message, const CohortTerm& term) {
  const TextOffset site = message.text(term.site.view());
  fb::CohortTermBuilder table(message.fbb());
  table.add_site(site);
  table.add_low(term.low);
  table.add_high(term.high);
  return table.Finish();
}

Rows build_rows(MessageBuilder& message, const Directive& value) {
  Rows rows;
  Offset<fb::CohortTerm> terms[kMaxCohortTerms];
  size_t count = 0;
  for (const CohortTerm& term : value.cohort) terms[count++] = build(message, term);
  rows.cohort = message.vector(terms, count);
  Offset<fb::Offer> offers[kMaxOffers];
  count = 0;
  for (const Offer& offer : value.offers) offers[count++] = build(message, offer);
  rows.offers = message.vector(offers, count);
  return rows;
}

void add_trial(fb::DirectiveBuilder& table, const Directive& value) {
  table.add_floor(value.floor);
  table.add_healthy_for_s(value.healthy_for_s);
  table.add_trial_deadline_s(value.trial_deadline_s);
  table.add_start_window_s(value.start_window_s);
  table.add_trial_attempts(value.trial_attempts);
}

}  // namespace

Result<size_t> Encoder::directive(const Directive& value, MutableBytes out) {
  FLOTILLA_TRY(check(value));
  MessageBuilder message(arena_);
  FLOTILLA_TRY(message.ready(bound_of(value)));

  const Rows rows = build_rows(message, value);
  const DigestField release(value.release_digest), image(value.image_digest);
  const fb::Salt salt(flatbuffers::span<const uint8_t, 16>(value.salt));
  const BytesOffset revoked = message.bytes(value.revoked);
  const TextOffset device = message.text(value.device.view());
  const TextOffset hardware_class = message.text(value.hardware_class.view());
  const TextOffset model = message.text(value.model.view());
  fb::DirectiveBuilder table(message.fbb());
  table.add_not_before_ms(value.not_before.ms);
  table.add_expires_ms(value.expires.ms);
  table.add_issued_ms(value.issued.ms);
  table.add_seq(value.seq);
  table.add_salt(&salt);
  table.add_image_digest(image.get());
  table.add_release_digest(release.get());
  table.add_revoked(revoked);
  table.add_cohort(rows.cohort);
  table.add_offers(rows.offers);
  table.add_device(device);
  table.add_hardware_class(hardware_class);
  table.add_model(model);
  table.add_version(value.version);
  table.add_rollout(value.rollout);
  table.add_epoch(value.epoch);
  add_trial(table, value);
  table.add_verb(static_cast<fb::Verb>(value.verb));
  return message.finish(table.Finish(), fb::DirectiveIdentifier(), kMaxEnvelope, out);
}

}  // namespace flotilla::wire
