#include "controller/artifact/aligned.h"
#include "controller/domain/keys.h"
#include "controller/domain/record_codec.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"
#include "simulator/checks/rules.h"
#include "simulator/world/world.h"

namespace flotilla::sim {

using namespace controller;

namespace {

/// Nothing is published that was not committed: an acknowledgement covers no more than the durable
/// record of the device, a directive is no newer than the durable one.
class DurableSpeech final : public Checker {
 public:
  const char* name() const override { return "safety.durable_speech"; }
  uint32_t hears() const override { return kHearsPublications; }

  void on_published(World& world, const std::string& client, const Message& message,
                    bool) override {
    if (client != "flotilla.controller") return;
    const ParsedTopic topic = parse_topic(world.controller().topics(), message.topic);
    if (topic.kind == TopicKind::kAcknowledgement) acknowledgement(world, topic, message);
    if (topic.kind == TopicKind::kClassDirective) directive(world, topic, message);
  }

 private:
  void acknowledgement(World& world, const ParsedTopic& topic, const Message& message) {
    const AlignedCopy bytes(as_bytes(message.payload));
    const auto ack = wire::decode_acknowledgement(bytes.view());
    if (!ack.ok()) return world.violation(*this, "an acknowledgement does not decode");
    const uint16_t shard = device_shard(world.controller().hasher(), topic.device);
    const auto row = world.controller().store().durable(keys::device(shard, topic.device));
    Device device;
    if (!row || !decode(*row, device).ok()) {
      return world.violation(*this, "an unknown device was acknowledged");
    }
    const bool same = ack.value().order.incarnation == device.order.incarnation;
    if (same && ack.value().order > device.order) {
      world.violation(*this, device.id + ": acknowledged beyond what is durable");
    }
  }

  void directive(World& world, const ParsedTopic& topic, const Message& message) {
    const AlignedCopy bytes(as_bytes(message.payload));
    const auto published = wire::decode_directive(bytes.view());
    if (!published.ok()) return world.violation(*this, "a directive does not decode");
    const auto row =
        world.controller().store().durable(keys::directive(topic.hardware_class, topic.model));
    StandingDirective standing;
    if (!row || !decode(*row, standing).ok() ||
        standing.directive.seq < published.value().value.seq) {
      world.violation(*this, "a directive was published before it was durable");
    }
  }
};

}  // namespace

std::unique_ptr<Checker> make_durable_speech() {
  return std::make_unique<DurableSpeech>();
}

}  // namespace flotilla::sim
