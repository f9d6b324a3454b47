#include "simulator/load/swarm/packet_border.h"

namespace flotilla::sim {
namespace {

constexpr size_t kMaxLengthBytes = 4;

/// Size of the first packet; 0: its length is not there yet; SIZE_MAX: no MQTT.
size_t first_packet(Bytes bytes) {
  size_t length = 0;
  for (size_t i = 0; i < kMaxLengthBytes; ++i) {
    if (1 + i >= bytes.size()) return 0;
    length |= size_t{bytes[1 + i] & 0x7Fu} << (7 * i);
    if ((bytes[1 + i] & 0x80u) == 0) return 2 + i + length;
  }
  return SIZE_MAX;
}

}  // namespace

size_t whole_packets(Bytes bytes) {
  size_t done = 0;
  for (;;) {
    const size_t size = first_packet(bytes.subspan(done));
    if (size == SIZE_MAX) return bytes.size();
    if (size == 0 || size > bytes.size() - done) return done;
    done += size;
  }
}

}  // namespace flotilla::sim
