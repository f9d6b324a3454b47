#include "simulator/power/world.h"

#include <algorithm>

#include "schemas/protocol/delta/memory.h"

namespace flotilla::edge::test {
namespace {

MutableBytes bytes_of(std::vector<uint64_t>& words) {
  return {reinterpret_cast<uint8_t*>(words.data()), words.size() * 8};
}

}  // namespace

World::World(const WorldOptions& chosen)
    : options(chosen),
      storage(power, breaches, chosen.models, chosen.geometry),
      journal(power, breaches, chosen.models),
      runtime(power, breaches, chosen.models),
      chunk_memory_((1024 + kChunkOverhead) / 8),
      decoder_memory_((delta::decoder_memory(delta::kSmallProfile) + 7) / 8),
      floors_(chosen.models, 0) {
  config.device = DeviceId("cam-07");
  config.hardware_class = Name(publisher.hardware_class);
  config.site = Name("hall-1");
  config.software.assign_truncated("test");
  (void)config.models.push_back(Name(publisher.model));
  for (uint8_t i = 1; i < chosen.models; ++i) {
    (void)config.models.push_back(Name("model-" + std::to_string(i)));
  }
  config.decoder_memory_limit = delta::decoder_memory(delta::kSmallProfile);
  config.chunk_max = 1024;
  keyset = publisher.keyset(publisher.keyset_value(1), {Publisher::root()});
  wire_up();
}

void World::wire_up() {
  storage.busy = [this](uint8_t model, Slot slot) {
    return !power.is_off() && runtime.app(model).slot == slot;
  };
  runtime.inspect = [this](uint8_t model, Slot slot, const Digest& image) {
    inspect(model, slot, image);
  };
  runtime.on_self_test = [this](uint8_t model, const Digest&) {
    if (!answer_self_test) return;
    queue_.push_back([this, model] { device_->on_self_test(model, self_test, "hook says", now); });
  };
  outbox.on_offer_request = [this](TransferId id) {
    if (!answer_offers || published.count(id) == 0) return;
    queue_.push_back([this, id] { device_->on_offer(id, published.at(id).offer(), now); });
  };
  outbox.on_group_request = [this](TransferId id, uint32_t group) {
    const auto found = published.find(id);
    if (!answer_groups || found == published.end()) return;
    const uint32_t count = static_cast<uint32_t>(found->second.pieces.size());
    const uint32_t end = std::min(count, (group + 1) * kGroupSize);
    for (uint32_t index = group * kGroupSize; index < end; ++index) {
      queue_.push_back([this, id, index] { deliver_chunk(published.at(id), index); });
    }
  };
  outbox.on_state = [this](const StateReport& report) {
    if (!acknowledge) return;
    Acknowledgement ack = acknowledgement;
    ack.order = report.order;
    queue_.push_back([this, ack] { device_->on_acknowledgement(ack, now); });
  };
}

/// Whatever is tested or activated must be an image that was published, byte for byte.
void World::inspect(uint8_t model, Slot slot, const Digest& image) {
  if (!check_images) return;
  const auto found = allowed_.find(image);
  if (found == allowed_.end()) {
    breaches.push_back("an image that nobody published");
    return;
  }
  const Bytes bytes = storage.region(model, slot).bytes().first(found->second);
  if (crypto.digest_of(bytes) != image) breaches.push_back("a slot that does not hold its image");
}

void World::deliver_chunk(const Publication& publication, uint32_t index) {
  if (before_chunk) before_chunk(publication.id, index);
  ++delivered[{publication.id, index}];
  const Chunk chunk = publication.chunk(index);
  device_->on_chunk(chunk, chunk.payload.size() + chunk.path.size() + 64, now);
}

// ---- life

Status World::boot() {
  queue_.clear();
  outbox.connected = false;
  SlotStorage& slots = storage_port_ ? *storage_port_ : static_cast<SlotStorage&>(storage);
  Journal& records = journal_port_ ? *journal_port_ : static_cast<Journal&>(journal);
  const DevicePorts ports{crypto, slots, records, runtime, outbox};
  device_ = std::make_unique<Device>(config, ports, bytes_of(chunk_memory_),
                                     bytes_of(decoder_memory_), options.seed + 1000 * boots_++);
  now = now + seconds(1);
  return device_->start(keyset.view(), now);
}

void World::power_cycle() {
  device_.reset();
  queue_.clear();
  storage.lose_power();
  journal.lose_power();
  power.restore();
  for (uint8_t model = 0; model < options.models; ++model) {
    FakeRuntime::App& app = runtime.app(model);
    if (app.slot != Slot::kNone) inspect(model, app.slot, app.image);
    app.running = app.slot != Slot::kNone;
    app.loaded = app.running ? app.image : Digest{};
  }
}

void World::connect() {
  outbox.connected = true;
  device_->on_connected(now);
}

void World::disconnect() {
  outbox.connected = false;
  queue_.clear();
  device_->on_disconnected(now);
}

void World::step(MonoTime limit, bool& idle) {
  const MonoTime next = device_->next_deadline();
  if (next <= now) {
    device_->tick(now);
  } else if (device_->has_work()) {
    device_->work(now);
  } else if (!queue_.empty()) {
    const auto event = queue_.front();
    queue_.pop_front();
    event();
  } else if (next <= limit) {
    now = next;
    device_->tick(now);
  } else {
    idle = true;
  }
  check_after_step();
}

void World::check_after_step() {
  if (outbox.states.empty()) return;
  const StateReport& report = outbox.states.back();
  for (uint8_t model = 0; model < report.models.size(); ++model) {
    if (report.models[model].floor < floors_[model]) breaches.push_back("the floor went back");
    floors_[model] = std::max(floors_[model], report.models[model].floor);
  }
}

void World::settle(Duration limit) {
  const MonoTime end = now + limit;
  bool idle = false;
  for (int i = 0; i < 100000 && !idle && !power.is_off(); ++i) step(end, idle);
  if (!idle && !power.is_off()) breaches.push_back("the device never comes to rest");
  if (!power.is_off()) now = std::max(now, end);
}

bool World::run_until(const std::function<bool()>& done, Duration limit) {
  const MonoTime end = now + limit;
  bool idle = false;
  while (!done()) {
    if (idle || power.is_off()) return false;
    step(end, idle);
  }
  return true;
}

// ---- broker

void World::allow(const std::vector<uint8_t>& image) {
  allowed_[crypto.digest_of(image)] = image.size();
}

Publication World::publish(const std::vector<uint8_t>& image, uint32_t version,
                           const std::vector<uint8_t>* base, uint32_t range) {
  allow(image);
  const std::vector<uint8_t> golden = {'g', static_cast<uint8_t>(version)};
  const auto release = publisher.sign_release(publisher.release_value(image, version, golden));
  Publication out =
      publisher.publish(release, base == nullptr ? Bytes() : Bytes(*base), image, range);
  out.golden = golden;
  put(out);
  return out;
}

void World::send(const Directive& directive, bool personal) {
  send(publisher.sign_directive(directive), personal);
}

void World::send(const SignedMessage<Directive>& directive, bool personal) {
  device_->on_directive(directive.view(), personal, now);
}

const ModelState& World::state(uint8_t model) const {
  static const ModelState kNone;
  return outbox.states.empty() ? kNone : outbox.states.back().models[model];
}

std::vector<uint8_t> make_image(uint64_t seed, size_t size) {
  Prng random(seed);
  std::vector<uint8_t> image(size);
  for (uint8_t& byte : image) byte = static_cast<uint8_t>(random.next());
  return image;
}

std::vector<uint8_t> vary(const std::vector<uint8_t>& like, uint64_t seed) {
  Prng random(seed);
  std::vector<uint8_t> image = like;
  for (size_t at = 0; at < image.size(); at += 1 + random.below(96)) {
    image[at] = static_cast<uint8_t>(random.next());
  }
  return image;
}

}  // namespace flotilla::edge::test
