#include "tests/unit/edge-client/mqtt/reference_client_packets.h"

#include <cstdint>
#include <stdexcept>

namespace flotilla::mqtt {
namespace {

struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Cursor {
 public:
  explicit Cursor(std::string bytes) : bytes_(std::move(bytes)) {}

  bool done() const { return at_ == bytes_.size(); }
  std::string take(size_t count) {
    if (count > bytes_.size() - at_) throw Violation("cut short");
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }
  uint32_t number(size_t width) {
    uint32_t value = 0;
    for (char c : take(width)) value = value * 256 + static_cast<uint8_t>(c);
    return value;
  }
  uint32_t varint() {
    uint32_t value = 0;
    for (uint32_t scale = 1;; scale *= 128) {
      const uint32_t byte = number(1);
      value += byte % 128 * scale;
      if (byte < 128) return value;
      if (scale == 128 * 128 * 128) throw Violation("varint of five bytes");
    }
  }
  std::string text() { return take(number(2)); }
  std::string rest() { return take(bytes_.size() - at_); }

 private:
  std::string bytes_;
  size_t at_ = 0;
};

std::string field(const char* name, uint32_t value) {
  return std::string(" ") + name + "=" + std::to_string(value);
}

std::string read_connect(Cursor& in) {
  if (in.text() != "MQTT" || in.number(1) != 5) throw Violation("protocol");
  const uint32_t flags = in.number(1);
  std::string line = field("keep_alive", in.number(2)) + (flags == 2 ? " clean" : " resume");
  if (flags & ~2u) throw Violation("connect flags");
  for (Cursor list(in.take(in.varint())); !list.done();) {
    switch (list.number(1)) {
      case 0x11:
        line += field("expiry", list.number(4));
        break;
      case 0x21:
        line += field("receive_max", list.number(2));
        break;
      case 0x27:
        line += field("max_packet", list.number(4));
        break;
      case 0x17:
        line += field("problem_info", list.number(1));
        break;
      default:
        throw Violation("connect property");
    }
  }
  return "CONNECT id=" + in.text() + line;
}

std::string read_publish(Cursor& in, uint32_t flags) {
  const uint32_t qos = flags >> 1;
  const std::string topic = in.text();
  std::string line = "PUBLISH" + field("qos", qos);
  if (qos > 1) throw Violation("publish flags");
  if (qos == 1) line += field("id", in.number(2));
  if (in.varint() != 0) throw Violation("publish properties");
  return line + " topic=" + topic + " payload=" + in.rest();
}

std::string read_subscribe(Cursor& in) {
  std::string line = "SUBSCRIBE" + field("id", in.number(2));
  for (Cursor list(in.take(in.varint())); !list.done();) {
    if (list.number(1) != 0x0B) throw Violation("subscribe property");
    line += field("sub_id", list.varint());
  }
  line += " filter=" + in.text();
  const uint32_t options = in.number(1);
  return line + field("qos", options & 3) + field("no_local", options >> 2 & 1) +
         field("rap", options >> 3 & 1) + field("rh", options >> 4);
}

std::string read_unsubscribe(Cursor& in) {
  const std::string line = "UNSUBSCRIBE" + field("id", in.number(2));
  if (in.varint() != 0) throw Violation("unsubscribe properties");
  return line + " filter=" + in.text();
}

std::string read_body(uint32_t first_byte, Cursor& in) {
  if (first_byte >> 4 == 3) return read_publish(in, first_byte & 15);
  switch (first_byte) {
    case 0x10:
      return read_connect(in);
    case 0x40:
      return "PUBACK" + field("id", in.number(2));
    case 0x82:
      return read_subscribe(in);
    case 0xA2:
      return read_unsubscribe(in);
    case 0xC0:
      return "PINGREQ";
    case 0xE0:
      return "DISCONNECT" + field("reason", in.number(1));
    default:
      throw Violation("first byte " + std::to_string(first_byte));
  }
}

std::string read_packet(Cursor& in) {
  const uint32_t first_byte = in.number(1);
  Cursor body(in.take(in.varint()));
  std::string line = read_body(first_byte, body);
  if (!body.done()) throw Violation("trailing bytes");
  return line;
}

}  // namespace

std::vector<std::string> read_client_packets(const std::string& bytes) {
  std::vector<std::string> lines;
  try {
    for (Cursor in(bytes); !in.done();) lines.push_back(read_packet(in));
  } catch (const Violation& violation) {
    lines.push_back(std::string("!") + violation.what());
  }
  return lines;
}

}  // namespace flotilla::mqtt
