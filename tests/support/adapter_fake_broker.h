#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controller/ports/transport.h"

namespace flotilla::testing {

/// A broker with retained messages, and its connections as fakes of the Transport port. Nothing
/// happens by itself: deliver() hands out what is due.
class FakeBroker {
 public:
  struct Published {
    uint64_t token = 0;
    bool ok = true;
    std::string reason;
  };
  struct Delivered {
    std::string topic;
    std::string payload;
    bool retained = true;
  };

  class Connection final : public controller::Transport {
   public:
    explicit Connection(FakeBroker& broker) : broker_(broker) {}

    void start(controller::TransportEvents) override {}
    void stop() override {}
    Status publish(std::string_view topic, Bytes payload, bool retain, uint64_t token) override;
    Status subscribe(std::string_view filter) override;
    Status unsubscribe(std::string_view filter) override;
    bool connected() const override { return up; }

    bool up = true;
    size_t max_in_flight = 64;
    std::deque<Published> answers;
    std::deque<Delivered> messages;
    std::vector<std::string> filters;  ///< subscriptions that stand

   private:
    FakeBroker& broker_;
  };

  std::map<std::string, std::string> retained;
  std::set<std::string> forbidden;  ///< publishes to these topics are refused
  std::set<std::string> lossy;      ///< accepted, but never kept
  uint32_t publishes = 0;
  uint32_t subscribes = 0;
};

/// MQTT 5 section 4.7, without `$` topics.
bool matches(std::string_view filter, std::string_view topic);

}  // namespace flotilla::testing
