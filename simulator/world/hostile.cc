#include "simulator/world/hostile.h"

#include "controller/artifact/aligned.h"
#include "controller/artifact/manifest_builder.h"
#include "schemas/protocol/trust.h"
#include "schemas/wire/wire.h"
#include "simulator/world/world.h"

namespace flotilla::sim {
namespace {

/// Takes what it is told; who attacks has no use for answers.
class Nobody final : public Outlet {
 public:
  void connack(bool, uint8_t) override {}
  void deliver(const Delivery&) override {}
  void puback(uint16_t, uint8_t) override {}
  void suback(uint16_t, uint8_t) override {}
  void unsuback(uint16_t, uint8_t) override {}
  void pingresp() override {}
  void closed(uint8_t) override {}
};

}  // namespace

std::string spoiled(std::string bytes, Chance& chance) {
  if (bytes.empty()) return bytes;
  const uint32_t at = chance.below(static_cast<uint32_t>(bytes.size()));
  switch (chance.below(3)) {
    case 0:
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << chance.below(8)));
      return bytes;
    case 1:
      bytes.resize(at + 1);
      return bytes;
    default:
      return bytes;
  }
}

void Hostile::publish(const char* name, PublishRequest request) {
  if (!world_.broker().running()) return;
  Nobody outlet;
  ConnectRequest connect;
  connect.client_id = name;
  const Broker::Connection connection = world_.broker().connect(outlet, connect);
  world_.broker().publish(connection, std::move(request));
  world_.broker().disconnect(connection);
}

void Hostile::spoil_payload(Chance& chance) {
  std::vector<MessagePtr> payloads;
  for (const auto& [topic, message] : world_.broker().retained()) {
    const TopicKind kind = parse_topic(world_.controller().topics(), topic).kind;
    if (kind == TopicKind::kChunk || kind == TopicKind::kOffer) payloads.push_back(message);
  }
  if (payloads.empty()) return;
  const Message& whole = *payloads[chance.below(static_cast<uint32_t>(payloads.size()))];
  PublishRequest request;
  request.topic = whole.topic;
  request.payload = spoiled(whole.payload, chance);
  request.retain = true;
  publish("vandal", std::move(request));
}

void Hostile::overtake_directive(Chance& chance) {
  std::vector<MessagePtr> standing;
  for (const auto& [topic, message] : world_.broker().retained()) {
    const TopicKind kind = parse_topic(world_.controller().topics(), topic).kind;
    if (kind == TopicKind::kClassDirective) standing.push_back(message);
  }
  if (standing.empty()) return;
  const Message& newest = *standing[chance.below(static_cast<uint32_t>(standing.size()))];
  const controller::AlignedCopy bytes(as_bytes(newest.payload));
  const auto decoded = wire::decode_directive(bytes.view());
  if (!decoded.ok()) return;
  Directive directive = decoded.value().value;
  directive.epoch = 1;
  directive.seq += 1 + chance.below(1'000'000);
  SimHasher& hasher = world_.controller().hasher();
  SimSigner stolen(hasher.kind(), "director", 1);
  const auto forged = controller::sign_directive(hasher, stolen, directive);
  if (!forged.ok()) return;
  PublishRequest request;
  request.topic = newest.topic;
  request.payload = forged.value();
  request.retain = true;
  publish("thief", std::move(request));
}

void Hostile::flood(Chance& chance, uint32_t count, const std::deque<Message>& heard) {
  if (heard.empty()) return;
  const Topics& topics = world_.controller().topics();
  const DeviceHost& liar = *world_.devices().back();
  world_.distrust(liar.number());
  const uint16_t shard = device_shard(world_.controller().hasher(), liar.id());
  for (uint32_t i = 0; i < count; ++i) {
    const Message& old = heard[chance.below(static_cast<uint32_t>(heard.size()))];
    const bool state = chance.below(2) == 0;
    PublishRequest request;
    request.payload = spoiled(old.payload, chance);
    request.topic =
        (state ? topics.state(shard, liar.id()) : topics.health(shard, liar.id())).view();
    publish("flooder", std::move(request));
  }
}

}  // namespace flotilla::sim
