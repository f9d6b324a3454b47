#pragma once

#include <deque>

#include "simulator/broker/message.h"
#include "simulator/engine/chance.h"

namespace flotilla::sim {

class World;

/// What somebody does who may connect to the broker and means no good. He has no key: whatever he
/// says is unsigned or an old message, changed or as it was.
class Hostile {
 public:
  explicit Hostile(World& world) : world_(world) {}

  /// Puts a changed copy in the place of a retained chunk or offer.
  void spoil_payload(Chance& chance);
  /// With the director's first key: the newest directive of a class once more, far ahead of its
  /// number, so that devices that believe it hear no other of that epoch.
  void overtake_directive(Chance& chance);
  /// The last device talks without end, on its own topics: old messages of itself and of others,
  /// cut, flipped, or as they were. The broker lets nobody write to the topics of another one.
  void flood(Chance& chance, uint32_t count, const std::deque<Message>& heard);
  /// One message, as whoever connects under this name.
  void publish(const char* name, PublishRequest request);

 private:
  World& world_;
};

/// One bit flipped, the end cut off, or nothing: what a message may have become.
std::string spoiled(std::string bytes, Chance& chance);

}  // namespace flotilla::sim
