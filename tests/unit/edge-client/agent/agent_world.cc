#include "tests/unit/edge-client/agent/agent_world.h"

#include <gtest/gtest.h>

#include "schemas/protocol/delta/memory.h"

namespace flotilla::edge::test {
namespace {

namespace server = flotilla::mqtt::server;

constexpr unsigned kSubscriptionIdentifier = 0x0B;

/// The value behind " name=" in a line; to the end of the line when it is the last.
std::string field(const std::string& line, const std::string& name) {
  const size_t at = line.find(" " + name + "=");
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size() + 2;
  if (name == "payload") return line.substr(begin);
  return line.substr(begin, line.find(' ', begin) - begin);
}

unsigned number(const std::string& line, const std::string& name) {
  const std::string value = field(line, name);
  return value.empty() ? 0 : static_cast<unsigned>(std::stoul(value));
}

/// Equal, or a filter that ends in "/+" and a topic of one level more.
bool matches(const std::string& filter, const std::string& topic) {
  if (!filter.ends_with("/+")) return filter == topic;
  const std::string stem = filter.substr(0, filter.size() - 1);
  return topic.starts_with(stem) && topic.find('/', stem.size()) == std::string::npos;
}

}  // namespace

AgentWorld::AgentWorld(uint32_t chunk_max)
    : storage(power, breaches, 1, {8192, 1, 1}),
      journal(power, breaches, 1),
      runtime(power, breaches, 1) {
  DeviceConfig& device = config.device;
  device.device = DeviceId("cam-07");
  device.hardware_class = Name("cam");
  device.site = Name("hall-1");
  device.software.assign_truncated("test");
  EXPECT_TRUE(device.models.push_back(Name("detector")));
  device.decoder_memory_limit = delta::decoder_memory(delta::kSmallProfile);
  device.chunk_max = chunk_max;
  runtime.on_self_test = [this](uint8_t, const Digest&) { self_tests_pending_ = true; };
  start();
}

void AgentWorld::start() {
  const auto block = [this](size_t bytes) {
    blocks_.emplace_back((bytes + 7) / 8);
    return MutableBytes(reinterpret_cast<uint8_t*>(blocks_.back().data()),
                        blocks_.back().size() * 8);
  };
  AgentMemory memory;
  memory.chunk = block(config.device.chunk_max + kChunkOverhead);
  memory.decoder = block(delta::decoder_memory(delta::kSmallProfile));
  memory.message = block(kMaxEnvelope);
  memory.state = block(kMaxStateReport);
  memory.state_behind = block(kMaxStateReport);
  memory.health = block(kMaxHealthReport);
  memory.arena = block(wire::kDeviceArena);
  const AgentPorts ports{crypto, signer, storage, journal, runtime};
  agent = std::make_unique<Agent>(config, ports, memory, &observer, 1);
  const Aligned keyset(publisher.keyset(1));
  const auto decoded = wire::decode_keyset(keyset.bytes());
  ASSERT_TRUE(decoded.ok()) << decoded.status().reason();
  ASSERT_TRUE(agent->start(decoded.value(), now).ok());
}

void AgentWorld::connect(const std::string& connack_properties) {
  ASSERT_TRUE(run_until([&] { return agent->should_open(now); }));
  agent->opening();
  agent->opened(now);
  subscriptions.clear();
  unanswered.clear();
  hear(server::connack(connack_properties));
  settle();
}

void AgentWorld::hear(const std::string& bytes) {
  exchange();
  agent->receive(as_bytes(bytes), now);
}

std::string AgentWorld::message(const std::string& topic, const std::string& payload,
                                uint32_t subscription) {
  std::string id;
  if (subscription != 0) {
    id = server::u8(kSubscriptionIdentifier) + server::varint(subscription);
  }
  return server::publish0(topic, payload, id);
}

void AgentWorld::deliver(const std::string& topic, const std::string& payload,
                         uint32_t subscription) {
  hear(message(topic, payload, subscription));
}

void AgentWorld::put(const WirePublisher::Transfer& transfer) {
  const Topics topics(config.topic_prefix.view());
  const TransferId id = transfer.publication.id;
  retain(std::string(topics.offer("cam", id).view()), transfer.offer);
  for (uint32_t i = 0; i < transfer.chunks.size(); ++i) {
    retain(std::string(topics.chunk("cam", id, i).view()), transfer.chunks[i]);
  }
}

std::string AgentWorld::answer_subscription(const std::string& line) {
  const std::string filter = field(line, "filter");
  const unsigned id = number(line, "sub_id");
  subscriptions[filter] = id;
  std::string reply = server::suback(number(line, "id"), suback_reason);
  for (const auto& [topic, payload] : retained) {
    if (matches(filter, topic)) reply += message(topic, payload, id);
  }
  return reply;
}

std::string AgentWorld::answer(const std::string& line) {
  if (line.starts_with("SUBSCRIBE")) return answer_subscription(line);
  if (line.starts_with("UNSUBSCRIBE")) {
    subscriptions.erase(field(line, "filter"));
    return server::unsuback(number(line, "id"), 0);
  }
  if (line.starts_with("PINGREQ")) return server::pingresp();
  if (!line.starts_with("PUBLISH")) return "";
  published.emplace_back(field(line, "topic"), field(line, "payload"));
  const unsigned id = number(line, "id");
  if (answer_publish) return server::puback(id);
  unanswered.push_back(id);
  return "";
}

/// Takes what the client sends and answers it; false when it had nothing to say.
bool AgentWorld::exchange() {
  std::string bytes;
  for (Bytes out = agent->pending_output(); !out.empty(); out = agent->pending_output()) {
    bytes += as_text(out);
    agent->transmit_done(out.size(), now);
  }
  std::string reply;
  for (const std::string& line : flotilla::mqtt::read_client_packets(bytes)) {
    EXPECT_NE(line[0], '!') << line;
    said_.push_back(line.substr(0, line.find(" payload=")));
    reply += answer(line);
  }
  if (!reply.empty()) agent->receive(as_bytes(reply), now);
  return !bytes.empty();
}

void AgentWorld::settle() {
  bool busy = true;
  for (int i = 0; busy && i < 10'000; ++i) {
    busy = exchange();
    if (self_tests_pending_ && answer_self_test) {
      self_tests_pending_ = false;
      agent->on_self_test(0, SelfTestOutcome::kPassed, "fine", now);
      busy = true;
    }
    if (agent->has_work()) {
      agent->work(now);
      busy = true;
    }
    if (now >= agent->next_deadline() && !agent->should_open(now)) {
      agent->tick(now);
      busy = true;
    }
    if (agent->should_close(now)) agent->closed(now);
  }
  EXPECT_FALSE(busy) << "the agent never comes to rest";
}

void AgentWorld::wait(Duration duration) {
  const MonoTime end = now + duration;
  settle();
  while (agent->next_deadline() < end && !agent->should_open(now)) {
    now = std::max(now, agent->next_deadline());
    settle();
  }
  now = end;
  settle();
}

bool AgentWorld::run_until(const std::function<bool()>& done, Duration limit) {
  const MonoTime end = now + limit;
  settle();
  while (!done()) {
    const MonoTime next = agent->next_deadline();
    if (next > end) return false;
    now = std::max(now, next);
    if (agent->should_open(now)) return done();
    settle();
  }
  return true;
}

Lines AgentWorld::said() {
  Lines out;
  out.swap(said_);
  return out;
}

}  // namespace flotilla::edge::test
