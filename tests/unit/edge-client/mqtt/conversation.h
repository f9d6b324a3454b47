#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "edge-client/mqtt/session.h"
#include "tests/unit/edge-client/mqtt/reference_client_packets.h"
#include "tests/unit/edge-client/mqtt/server_packets.h"

namespace flotilla::mqtt {

using Lines = std::vector<std::string>;

/// Both ends of one connection on simulated time: what the server says goes in as bytes, what the
/// client says and what its owner heard come out as lines of text.
///
/// Topics that begin with "drop" are discarded, every other payload gets a buffer of exactly its
/// size on the heap, so that a sanitizer sees each byte too many.
class Conversation final : public Listener {
 public:
  explicit Conversation(const Options& options = default_options());

  static Options default_options();

  /// start(), CONNECT taken, CONNACK with `props`; forgets the lines of all that.
  void connect(const std::string& props = "");
  void hear(const std::string& bytes);
  /// The transport takes all pending output, at most `step` bytes a time.
  void send(size_t step = SIZE_MAX);
  /// Up to `count` bytes of it.
  void send_only(size_t count);
  void wait(Duration duration);

  /// Since the last call: what the server read, and what the owner heard.
  Lines said();
  Lines heard();

  Session& session() { return session_; }
  MonoTime now() const { return now_; }
  /// Called at the end of each on_publish_end, on_connected and so on, by name of the line.
  void (*reaction)(Conversation&, const std::string& line) = nullptr;

 private:
  void on_connected(const ServerLimits& limits) override;
  MutableBytes on_publish_begin(const PublishHeader& header) override;
  void on_publish_end() override;
  void on_subscribed(uint16_t packet_id, uint8_t reason_code) override;
  void on_unsubscribed(uint16_t packet_id, uint8_t reason_code) override;
  void on_published(uint16_t packet_id, uint8_t reason_code) override;
  void on_closed(uint8_t reason_code, const char* reason) override;
  void note(const std::string& line);

  Session session_;
  MonoTime now_{1'000'000};
  std::string output_;
  Lines heard_;
  std::unique_ptr<uint8_t[]> payload_;
  size_t payload_size_ = 0;
  bool dropping_ = false;
};

/// "closed 130": the line of on_closed.
std::string closed(unsigned reason_code);

}  // namespace flotilla::mqtt
