// Arbitrary bytes on the journal's areas: the device starts or says why not, comes to rest, and
// never touches the image in use. Half of the inputs get valid checksums, so that the fuzzer
// reaches what lies behind them.

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "schemas/base/crc32c.h"
#include "simulator/power/world.h"

using namespace flotilla;
using namespace flotilla::edge;
using namespace flotilla::edge::test;

namespace {

void require(bool condition) {
  if (!condition) __builtin_trap();
}

constexpr JournalArea kAreas[] = {JournalArea::kBoot0, JournalArea::kBoot1, JournalArea::kDevice0,
                                  JournalArea::kDevice1, JournalArea::kProgress};

/// Makes the first `size` bytes of a record's area a valid frame around whatever they contain.
void frame(Region& region, uint32_t magic, size_t size) {
  const Bytes bytes = region.bytes().first(size);
  std::vector<uint8_t> record(bytes.begin(), bytes.end());
  store_u32_le(record.data(), magic);
  store_u16_le(record.data() + 4, 1);
  store_u16_le(record.data() + 6, static_cast<uint16_t>(size - 20));
  store_u32_le(record.data() + size - 4, crc32c(Bytes(record).first(size - 4)));
  region.preset(0, record);
}

void frame_entries(Region& log) {
  for (size_t at = 0; at + 40 <= log.size(); at += 40) {
    if (log.bytes()[at] == 0xFF) continue;
    uint8_t crc[4];
    store_u32_le(crc, crc32c(log.bytes().subspan(at, 36)));
    log.preset(at + 36, crc);
  }
}

void frame_all(World& world, size_t boot_size, size_t device_size) {
  for (const JournalArea area : kAreas) {
    Region& region = world.journal.region(area, 0);
    const bool boot = area == JournalArea::kBoot0 || area == JournalArea::kBoot1;
    if (area == JournalArea::kProgress) {
      frame_entries(region);
    } else {
      frame(region, boot ? 0x52424C46 : 0x56444C46, boot ? boot_size : device_size);
    }
  }
}

size_t framed_size(World& world, JournalArea area) {
  return 20u + load_u16_le(world.journal.region(area, 0).bytes().data() + 6);
}

/// Arbitrary areas: for each a length in units of 8 and its bytes.
void fill_areas(World& world, Bytes input) {
  for (const JournalArea area : kAreas) {
    if (input.empty()) return;
    Region& region = world.journal.region(area, 0);
    const size_t size = std::min({size_t{input[0]} * 8, input.size() - 1, region.size()});
    region.preset(0, input.subspan(1, size));
    input = input.subspan(1 + size);
  }
}

/// A journal as the device left it in the middle of an update, with single bytes changed: four
/// bytes of input each, area, offset and value.
void patch_areas(World& world, Bytes input) {
  for (; input.size() >= 4; input = input.subspan(4)) {
    Region& region = world.journal.region(kAreas[input[0] % 5], 0);
    const size_t at = load_u16_le(input.data() + 1) % (input[0] < 128 ? 1024 : region.size());
    region.preset(std::min(at, region.size() - 1), input.subspan(3, 1));
  }
}

/// What no journal may lead to. A forged one may well claim sizes that no slot has, golden vectors
/// that were never stored, or another floor; then reads fail and self-tests do, and that is all.
bool is_harm(const std::string& breach) {
  for (const char* word : {"in use", "outside its area", "erase of", "write of", "never comes"}) {
    if (breach.find(word) != std::string::npos) return true;
  }
  return false;
}

bool is_unharmed(const World& world) {
  for (const std::string& breach : world.breaches) {
    if (!is_harm(breach)) continue;
    std::fprintf(stderr, "%s\n", breach.c_str());
    return false;
  }
  return true;
}

/// Built once: encoding takes longer than a run.
const Publication& publication(World& world) {
  static const Publication made = world.publish(make_image(1, 1000), 1);
  world.put(made);
  return made;
}

/// Lets an update go on for `steps` changes of the medium, then cuts the power.
void begin_update(World& world, uint32_t steps) {
  require(world.boot().ok());
  world.connect();
  world.send(world.publisher.directive_value(publication(world), 1, 1));
  world.power.cut_at(steps, CutPoint::kAfter, Unsynced::kKept, 1);
  world.settle(seconds(120));
  world.power_cycle();
}

}  // namespace

/// First byte: bit 0 valid checksums, bit 1 a journal of an update rather than arbitrary areas,
/// bits 2..7 how far the update went.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  World world;
  world.check_images = false;
  const Bytes input = Bytes(data, size).subspan(1);
  if (data[0] & 2) {
    begin_update(world, data[0] >> 2);
    const size_t boot = framed_size(world, JournalArea::kBoot0);
    const size_t device = framed_size(world, JournalArea::kDevice0);
    patch_areas(world, input);
    if (data[0] & 1) frame_all(world, std::min(boot, size_t{960}), std::min(device, size_t{1124}));
  } else {
    fill_areas(world, input);
    if (data[0] & 1) frame_all(world, 732, 265);
  }
  world.power.never_cut();
  const Status status = world.boot();
  require(status.ok() || status.reason()[0] != '\0');
  world.connect();
  world.send(world.publisher.directive_value(publication(world), 1000, data[0]));
  world.settle(seconds(3600));
  world.device().on_self_test(0, SelfTestOutcome::kPassed, "", world.now);
  world.settle(seconds(3600));
  require(is_unharmed(world));
  world.power_cycle();
  require(world.boot().ok() == status.ok());
  world.connect();
  world.settle(seconds(3600));
  require(is_unharmed(world));
  return 0;
}
