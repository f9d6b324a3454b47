#include "schemas/protocol/delta/memory.h"

#include <new>

#include "schemas/base/assert.h"

namespace flotilla::delta {
namespace {

/// Hands out parts of a buffer; with none, only counts.
class Carver {
 public:
  explicit Carver(uint8_t* memory) : memory_(memory) {}

  template <typename T>
  T* take(size_t count) {
    used_ = (used_ + alignof(T) - 1) / alignof(T) * alignof(T);
    T* const part = memory_ == nullptr ? nullptr : reinterpret_cast<T*>(memory_ + used_);
    used_ += count * sizeof(T);
    return part;
  }
  BitSpan bits(size_t count) { return {take<uint16_t>(count), take<uint8_t>(count), count}; }
  size_t used() const { return (used_ + 7) / 8 * 8; }

 private:
  uint8_t* memory_;
  size_t used_ = 0;
};

ChunkModel carve(const Profile& profile, Carver& carver) {
  ChunkModel model;
  model.elements = carver.take<ElementModel>(1);
  model.syntax = carver.take<SyntaxModel>(1);
  model.bytes.same = carver.take<BitSet<64>>(1);
  model.bytes.mixer = carver.take<Mixer>(2);
  model.bytes.lanes = profile.lanes;
  model.bytes.literal = carver.bits(profile.lanes * 256);
  model.bytes.change = carver.bits(profile.lanes * 256);
  model.bytes.literal_by_previous = carver.bits(profile.hashed);
  model.bytes.change_by_last = carver.bits(profile.hashed);
  model.scales = {carver.take<int16_t>(profile.scales), profile.scales};
  model.levels = {carver.take<uint8_t>(profile.columns), profile.columns};
  return model;
}

}  // namespace

void ChunkModel::reset() {
  syntax->reset();
  elements->reset();
  bytes.reset();
}

void SyntaxModel::reset() {
  kind.reset();
  length.reset();
  base.reset();
  distance.reset();
  layout.reset();
  scale.reset();
  same_terms.reset();
  source.reset();
}

size_t model_size(uint8_t profile) {
  Carver carver(nullptr);
  carve(kProfiles[profile], carver);
  return carver.used();
}

uint32_t decoder_memory(uint8_t profile) {
  return static_cast<uint32_t>(model_size(profile)) + 2 * kWindowSize;
}

ChunkModel place(uint8_t profile, MutableBytes memory) {
  FLOTILLA_ASSERT(profile < kProfileCount && memory.size() >= model_size(profile));
  Carver carver(memory.data());
  ChunkModel model = carve(kProfiles[profile], carver);
  new (model.elements) ElementModel;
  new (model.syntax) SyntaxModel;
  new (model.bytes.same) BitSet<64>;
  new (model.bytes.mixer) Mixer[2];
  return model;
}

}  // namespace flotilla::delta
