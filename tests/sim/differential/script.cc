#include "tests/sim/differential/script.h"

#include <array>

namespace flotilla::sim::differential {
namespace {

using Kind = Step::Kind;

constexpr size_t kMinSteps = 12;
constexpr uint32_t kMoreSteps = 20;

class Author {
 public:
  explicit Author(uint64_t seed) : draw_(Prng(seed)) {}

  Script write(uint64_t seed, bool restarts, bool waits) {
    out_.seed = seed;
    out_.restarts = restarts;
    waits_ = waits;
    out_.prefix = "s" + std::to_string(seed);
    const size_t count = kMinSteps + draw_.below(kMoreSteps);
    while (out_.steps.size() < count) {
      const size_t client = draw_.below(kClients);
      if (restarts && draw_.below(10) == 0) {
        restart();
      } else if (waits && online_[client] && draw_.below(12) == 0) {
        waits = false;
        add(of(Kind::kWait, client));
      } else if (!online_[client] || draw_.below(14) == 0) {
        connect(client);
      } else {
        talk(client);
      }
    }
    return std::move(out_);
  }

 private:
  void add(Step step) { out_.steps.push_back(std::move(step)); }
  Step of(Kind kind, size_t client) {
    Step out;
    out.kind = kind;
    out.client = client;
    return out;
  }
  bool coin() { return draw_.below(2) == 0; }

  std::string topic() {
    static constexpr std::array kTopics = {"a", "b", "a/x", "a/y", "b/x", "a/x/1", "b/y/1"};
    return out_.prefix + "/" + kTopics[draw_.below(kTopics.size())];
  }
  std::string filter() {
    static constexpr std::array kFilters = {"#",   "+",     "a/+", "+/x",   "a/#", "+/+/1",
                                            "a/x", "a/x/+", "b",   "a/x/1", "+/#", "b/y/1"};
    return out_.prefix + "/" + kFilters[draw_.below(kFilters.size())];
  }

  void connect(size_t client) {
    Step step = of(Kind::kConnect, client);
    Connect& connect = step.connect;
    connect.client_id = out_.prefix + "c" + std::to_string(client);
    connect.clean_start = coin();
    static constexpr std::array<uint32_t, 4> kExpiries = {0, kShortExpiry, 3600, UINT32_MAX};
    connect.expiry_s = kExpiries[draw_.below(kExpiries.size())];
    if (connect.expiry_s == kShortExpiry && !waits_) connect.expiry_s = 0;
    connect.keep_alive_s = waits_ && coin() ? kShortKeepAlive : 600;
    if (coin()) connect.receive_maximum = static_cast<uint16_t>(1 + draw_.below(5));
    if (coin()) {
      connect.will_topic = topic();
      connect.will_payload = "will" + std::to_string(++number_);
      connect.will_qos = static_cast<uint8_t>(draw_.below(2));
      connect.will_retain = draw_.below(3) == 0;
    }
    online_[client] = true;
    holds_back_[client] = false;
    add(std::move(step));
  }

  void publish(size_t client) {
    Step step = of(Kind::kPublish, client);
    step.publish.topic = topic();
    step.publish.retain = draw_.below(3) == 0;
    step.publish.qos = static_cast<uint8_t>(draw_.below(4) != 0);
    if (!step.publish.retain || draw_.below(4) != 0) {
      step.publish.payload = "m" + std::to_string(++number_);
    }
    add(std::move(step));
  }

  void subscribe(size_t client) {
    Step step = of(Kind::kSubscribe, client);
    step.subscribe.filter = filter();
    step.subscribe.qos = static_cast<uint8_t>(draw_.below(3) != 0);
    step.subscribe.retain_handling = static_cast<uint8_t>(draw_.below(3));
    step.subscribe.retain_as_published = coin();
    // The order of retained messages is the broker's own: it must not decide what a small window
    // lets through.
    if (holds_back_[client]) step.subscribe.retain_handling = 2;
    if (coin()) step.subscribe.subscription_id = 1 + draw_.below(100);
    add(std::move(step));
  }

  void talk(size_t client) {
    const uint32_t what = draw_.below(100);
    if (what < 40) return publish(client);
    if (what < 62) return subscribe(client);
    if (what < 67) {
      Step step = of(Kind::kUnsubscribe, client);
      step.subscribe.filter = filter();
      return add(std::move(step));
    }
    if (what < 75) {
      holds_back_[client] = true;
      return add(of(Kind::kHoldBack, client));
    }
    if (what < 82) return add(of(Kind::kAcknowledge, client));
    if (what < 88) {
      holds_back_[client] = false;
      return add(of(Kind::kAnswer, client));
    }
    online_[client] = false;
    if (what < 94) return add(of(Kind::kVanish, client));
    Step step = of(Kind::kDisconnect, client);
    step.reason = draw_.below(3) == 0 ? 4 : 0;
    add(std::move(step));
  }

  void restart() {
    static constexpr std::array kHow = {Kind::kRestart, Kind::kSave, Kind::kKill, Kind::kForget};
    const Kind kind = kHow[draw_.below(kHow.size())];
    if (kind != Kind::kSave) online_ = {};
    add(of(kind, 0));
  }

  Chance draw_;
  bool waits_ = false;  ///< time may run out in it
  Script out_;
  std::array<bool, kClients> online_{};
  std::array<bool, kClients> holds_back_{};
  int number_ = 0;
};

const char* name_of(Kind kind) {
  static constexpr std::array kNames = {"connect",   "subscribe", "unsubscribe", "publish", "ack",
                                        "hold back", "answer",    "disconnect",  "vanish",  "wait",
                                        "restart",   "save",      "kill",        "forget"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace

Script make_script(uint64_t seed, bool restarts, bool waits) {
  return Author(seed).write(seed, restarts, waits);
}

std::string describe(const Step& step) {
  std::string out = "c" + std::to_string(step.client) + " " + name_of(step.kind);
  const auto say = [&out](const char* name, uint64_t value) {
    out += std::string(" ") + name + "=" + std::to_string(value);
  };
  if (step.kind == Kind::kConnect) {
    say("clean", step.connect.clean_start);
    say("expiry", step.connect.expiry_s);
    say("receive_maximum", step.connect.receive_maximum);
    if (!step.connect.will_topic.empty()) {
      out += " will " + step.connect.will_topic + "=" + step.connect.will_payload;
      say("qos", step.connect.will_qos);
      say("retain", step.connect.will_retain);
    }
  } else if (step.kind == Kind::kPublish) {
    out += " " + step.publish.topic + "=" + step.publish.payload;
    say("qos", step.publish.qos);
    say("retain", step.publish.retain);
  } else if (step.kind == Kind::kSubscribe || step.kind == Kind::kUnsubscribe) {
    out += " " + step.subscribe.filter;
    say("qos", step.subscribe.qos);
    say("retain_handling", step.subscribe.retain_handling);
    say("as_published", step.subscribe.retain_as_published);
    say("id", step.subscribe.subscription_id);
  } else if (step.kind == Kind::kDisconnect) {
    say("reason", step.reason);
  }
  return out;
}

}  // namespace flotilla::sim::differential
