#include "controller/adapters/paho_transport.h"

#include <random>

#include "controller/adapters/paho_connection.h"
#include "schemas/base/assert.h"

namespace flotilla::controller {
namespace {

constexpr std::chrono::milliseconds kWatchInterval{500};
constexpr std::chrono::milliseconds kCallbackTail{20};

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
    : options_(std::move(options)), backoff_(options_.backoff, seed_or_random(options_.seed)) {
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
  bool running = true;
  while (running) {
    const auto connection = make();
    const std::string failure = connection->connect(options_.connect_timeout, options_.keep_alive);
    if (failure.empty()) {
      live(connection);
    } else {
      options_.log("event=connect_failed reason=\"" + failure + "\"");
    }
    running = pause(std::chrono::milliseconds(backoff_.next().ms));
    // The library signals a token before its callback is over: let it run out before the client
    // goes.
    std::this_thread::sleep_for(kCallbackTail);
  }
}

std::shared_ptr<PahoConnection> PahoTransport::make() {
  return std::make_shared<PahoConnection>(
      options_.address, options_.max_in_flight,
      PahoConnection::Hooks{&events_, [this] { wake_.notify_all(); }, options_.log});
}

void PahoTransport::live(const std::shared_ptr<PahoConnection>& connection) {
  backoff_.reset();
  set_current(connection);
  events_.connected();
  const std::string reason = watch(*connection);
  set_current(nullptr);
  connection->close(reason);
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
