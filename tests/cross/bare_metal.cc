// What a board brings, besides semihosting: the vectors of its start, and no randomness.

#include <cstddef>
#include <cstdint>

extern "C" void _start();
extern "C" uint8_t __stack[];

extern "C" int getentropy(void*, size_t) {
  return -1;
}

namespace {

/// A fault ends the emulation: nothing answers this address.
void stop() {
  for (;;) {
    asm volatile("bkpt 0");
  }
}

struct Vectors {
  uint8_t* stack;
  void (*reset)();
  void (*faults[6])();
};

[[gnu::section(".vectors"), gnu::used]] const Vectors kVectors = {
    __stack, _start, {stop, stop, stop, stop, stop, stop}};

}  // namespace
