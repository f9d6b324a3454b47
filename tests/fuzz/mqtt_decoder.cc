// A session fed with a hostile server and a busy owner, three times: in whole steps, byte by byte,
// and in pieces that the input chooses. Whatever was cut where, the owner must hear the same and
// the server read the same; what is sent must be whole packets, none behind DISCONNECT; payloads go
// to buffers of exactly their size, so that AddressSanitizer sees a byte too many.
//
// Input: options (one of them: begin connected), seed of the pieces, then steps (see play()). A
// step feeds raw bytes, or a packet whose length field is right so that the fuzzer gets behind it.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "edge-client/mqtt/session.h"
#include "schemas/base/prng.h"

namespace {

using namespace flotilla;        // NOLINT: a program of one file
using namespace flotilla::mqtt;  // NOLINT

void require(bool condition, const char* promise) {
  if (condition) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

/// Takes bytes off the fuzzer's input; zeros when it is used up.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(data, size) {}
  bool done() const { return rest_.empty(); }
  uint8_t u8() {
    if (rest_.empty()) return 0;
    const uint8_t value = rest_[0];
    rest_ = rest_.subspan(1);
    return value;
  }
  std::string take(size_t count) {
    const Bytes part = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(part.size());
    return std::string(as_text(part));
  }

 private:
  Bytes rest_;
};

class Owner final : public Listener {
 public:
  std::string trace;
  unsigned closed = 0;

 private:
  void note(const char* what, uint64_t a, uint64_t b) {
    require(closed == 0, "on_closed is the last call");
    trace += std::string(what) + " " + std::to_string(a) + " " + std::to_string(b) + "\n";
  }
  void on_connected(const ServerLimits& limits) override {
    note("connected", limits.maximum_packet_size, limits.receive_maximum);
  }
  MutableBytes on_publish_begin(const PublishHeader& header) override {
    note("publish", header.payload_size, header.subscription_id);
    require(!header.topic.empty(), "a topic has a name");
    require(header.payload_size <= 2048, "no packet beyond the announced maximum");
    require(!receiving_, "one publish at a time");
    trace += header.topic;
    receiving_ = true;
    discarding_ = header.topic[0] & 1;
    size_ = header.payload_size;
    payload_.reset(discarding_ ? nullptr : new uint8_t[size_]);
    return discarding_ ? MutableBytes() : MutableBytes(payload_.get(), size_);
  }
  void on_publish_end() override {
    note("end", size_, discarding_);
    require(receiving_, "an end has a begin");
    receiving_ = false;
    if (!discarding_) trace += as_text({payload_.get(), size_});
    payload_.reset();
  }
  void on_subscribed(uint16_t id, uint8_t reason) override { note("subscribed", id, reason); }
  void on_unsubscribed(uint16_t id, uint8_t reason) override { note("unsubscribed", id, reason); }
  void on_published(uint16_t id, uint8_t reason) override { note("published", id, reason); }
  void on_closed(uint8_t reason, const char* text) override {
    note("closed", reason, 0);
    trace += text;
    ++closed;
  }

  std::unique_ptr<uint8_t[]> payload_;
  size_t size_ = 0;
  bool receiving_ = false;
  bool discarding_ = false;
};

/// Whole packets of types that a client may send; DISCONNECT is the last. A half-sent one may end
/// the output only where the session gave up in the middle of a publish.
void check_output(const std::string& out, bool closed) {
  for (size_t at = 0; at < out.size();) {
    const auto first = static_cast<uint8_t>(out[at]);
    size_t length = 0;
    size_t i = at + 1;
    for (unsigned shift = 0; i < out.size(); shift += 7) {
      const auto byte = static_cast<uint8_t>(out[i++]);
      length |= static_cast<size_t>(byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    const bool publish = first >> 4 == 3;
    require(publish || first == 0x10 || first == 0x40 || first == 0x82 || first == 0xA2 ||
                first == 0xC0 || first == 0xE0,
            "only packets of a client");
    require((at == 0) == (first == 0x10), "CONNECT comes first, once");
    if (i + length > out.size()) {
      require(closed, "whole packets only");
      return;
    }
    at = i + length;
    require(first != 0xE0 || at == out.size(), "nothing behind DISCONNECT");
  }
}

enum class Cut { kWhole, kBytes, kRandom };

class Play {
 public:
  Play(const Options& options, Cut cut, uint64_t seed)
      : session_(options, owner_), cut_(cut), prng_(seed) {
    session_.start(now_);
  }

  void step(Input& input) {
    const uint8_t op = input.u8();
    const uint8_t value = input.u8();
    switch (op % 10) {
      case 0:
        return feed(input.take(value));
      case 1:
      case 2:
      case 3:
        return feed(packet(value, input.take(input.u8())));
      case 4:
        return drain(value);
      case 5:
        (void)session_.publish(input.take(value % 16), payload_, QoS(op / 10 % 2), now_);
        return;
      case 6:
        (void)session_.subscribe(input.take(value % 16), value / 16, now_);
        return;
      case 7:
        (void)session_.unsubscribe(input.take(value % 16), now_);
        return;
      case 8:
        now_ = now_ + seconds(value);
        return session_.tick(now_);
      case 9:
        if (value == 0) session_.disconnect(0x80, now_);
        return drain(SIZE_MAX);
    }
  }

  /// CONNECT taken, CONNACK with an assigned client identifier.
  void connect() {
    drain(SIZE_MAX);
    feed(packet(0x20, std::string("\0\0\4\x12\0\1x", 7)));
  }

  void finish() {
    drain(SIZE_MAX);
    require(session_.pending_output().empty(), "output drains");
    check_output(sent_, owner_.closed > 0);
  }

  std::string outcome() const { return owner_.trace + "\n" + sent_; }

 private:
  static std::string packet(uint8_t first_byte, const std::string& body) {
    std::string out(1, static_cast<char>(first_byte));
    if (body.size() > 127) out += static_cast<char>(body.size() % 128 + 128);
    out += static_cast<char>(body.size() > 127 ? body.size() / 128 : body.size());
    return out + body;
  }

  void feed(const std::string& bytes) {
    for (size_t at = 0; at < bytes.size();) {
      size_t size = bytes.size() - at;
      if (cut_ == Cut::kBytes) size = 1;
      if (cut_ == Cut::kRandom) size = std::min<size_t>(size, 1 + prng_.below(9));
      const std::unique_ptr<uint8_t[]> exact(new uint8_t[size]);
      copy(as_bytes(bytes).subspan(at, size), {exact.get(), size});
      session_.receive({exact.get(), size}, now_);
      at += size;
    }
  }

  void drain(size_t limit) {
    while (limit > 0 && !session_.pending_output().empty()) {
      const Bytes pending = session_.pending_output();
      size_t size = std::min(limit, pending.size());
      if (cut_ == Cut::kBytes) size = 1;
      if (cut_ == Cut::kRandom) size = std::min<size_t>(size, 1 + prng_.below(9));
      sent_ += as_text(pending.first(size));
      session_.transmit_done(size, now_);
      limit -= size;
    }
  }

  Owner owner_;
  Session session_;
  Cut cut_;
  Prng prng_;
  MonoTime now_{1000};
  std::string sent_;
  uint8_t payload_[40] = {};
};

std::string play(const uint8_t* data, size_t size, Cut cut) {
  Input input(data, size);
  const uint8_t flags = input.u8();
  Options options;
  options.client_id = flags & 1 ? "" : "device";
  options.clean_start = flags & 2;
  options.receive_maximum = static_cast<uint16_t>(1 + flags / 4 % 16);
  options.maximum_packet_size = 2048;
  Play play(options, cut, input.u8());
  if (!(flags & 0x40)) play.connect();
  while (!input.done()) play.step(input);
  play.finish();
  return play.outcome();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string whole = play(data, size, Cut::kWhole);
  require(play(data, size, Cut::kBytes) == whole, "byte by byte is the same");
  require(play(data, size, Cut::kRandom) == whole, "random pieces are the same");
  return 0;
}
