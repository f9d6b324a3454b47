#include "controller/adapters/paho_transport.h"

#include <random>

#include "controller/adapters/paho_connection.h"
#include "schemas/base/assert.h"

namespace flotilla::controller {
namespace {

constexpr std::chrono::milliseconds kWatchInterval{500};

uint64_t seed_or_random(uint64_t seed) {
  if (seed != 0) return seed;
  std::random_device device;
  const uint64_t high = device();
  const uint64_t low = device();
  return high << 32 | low;
}

/// An event that nobody wants is still called.
void complete(TransportEvents& events) {
  if (!events.connected) events.connected = [] {};
  if (!events.lost) events.lost = [](const std::string&) {};
  if (!events.message) events.message = [](const std::string&, const std::string&, bool) {};
  if (!events.published) events.published = [](uint64_t, bool, const std::string&) {};
}

}  // namespace

PahoTransport::PahoTransport(Options options)
    : options_(std::move(options)),
      backoff_(options_.backoff, seed_or_random(options_.seed)) {
  if (!options_.log) options_.log = [](const std::string&) {};
}

PahoTransport::~PahoTransport() {
  stop();
}

void PahoTransport::start(TransportEvents events) {
  FLOTILLA_ASSERT(!thread_.joinable());
  events_ = std::move(events);
  complete(events_);
  stopping_ = false;
  thread_ = std::thread([this] { run(); });
}

void PahoTransport::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void PahoTransport::run() {
  for (;;) {
    const auto connection = open();
    if (connection) live(connection);
    // The pause also lets a library callback of the dead client run out before it is destroyed.
    if (!pause(std::chrono::milliseconds(backoff_.next().ms))) return;
  }
}

std::shared_ptr<PahoConnection> PahoTransport::open() {
  std::shared_ptr<PahoConnection> connection;
  std::string failure;
  try {
    connection = std::make_shared<PahoConnection>(
        options_.address, options_.max_in_flight,
        PahoConnection::Hooks{&events_, [this] { wake_.notify_all(); }, options_.log});
    failure = connection->connect(options_.connect_timeout, options_.keep_alive);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (failure.empty()) return connection;
  options_.log("event=connect_failed reason=\"" + failure + "\"");
  return nullptr;
}

void PahoTransport::live(const std::shared_ptr<PahoConnection>& connection) {
  backoff_.reset();
  set_current(connection);
  events_.connected();
  const std::string reason = watch(*connection);
  set_current(nullptr);
  connection->close();
  events_.lost(reason);
}

/// Returns, with the reason, when the session is over or the transport stops.
std::string PahoTransport::watch(const PahoConnection& connection) {
  while (connection.alive()) {
    if (connection.oldest_in_flight() > options_.stall) return "the broker answers no publish";
    if (!pause(kWatchInterval)) return "stopped";
  }
  return connection.end_reason();
}

/// Sleeps, less when something happened. False when the transport stops.
bool PahoTransport::pause(std::chrono::milliseconds length) {
  std::unique_lock lock(mutex_);
  const auto over = [this] { return stopping_ || (current_ && !current_->alive()); };
  wake_.wait_for(lock, length, over);
  return !stopping_;
}

void PahoTransport::set_current(std::shared_ptr<PahoConnection> connection) {
  const std::lock_guard lock(mutex_);
  current_.swap(connection);
}

std::shared_ptr<PahoConnection> PahoTransport::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Status PahoTransport::publish(std::string_view topic, Bytes payload, bool retain, uint64_t token) {
  const auto connection = current();
  if (!connection) return {Code::kUnavailable, "not connected to the broker"};
  return connection->publish(topic, payload, retain, token);
}

Status PahoTransport::subscribe(std::string_view filter) {
  const auto connection = current();
  if (!connection) return {Code::kUnavailable, "not connected to the broker"};
  return connection->subscribe(filter);
}

Status PahoTransport::unsubscribe(std::string_view filter) {
  const auto connection = current();
  if (!connection) return {Code::kUnavailable, "not connected to the broker"};
  return connection->unsubscribe(filter);
}

bool PahoTransport::connected() const {
  const auto connection = current();
  return connection != nullptr && connection->alive();
}

}  // namespace flotilla::controller
