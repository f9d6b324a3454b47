#include "simulator/load/enrolment.h"

#include <mutex>
#include <thread>

namespace flotilla::sim {
namespace {

constexpr uint32_t kConnections = 6;

std::string hex(const PublicKey& key) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const uint8_t byte : key) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

/// Calls `work` for each device of the share, from several threads; the first LoadError ends it.
void for_each_device(const Share& share,
                     const std::function<void(ApiClient&, uint32_t number)>& work) {
  std::atomic<uint32_t> next{0};
  std::mutex mutex;
  std::string failure;
  const auto run = [&] {
    try {
      const auto api = share.plant->another_api();
      for (uint32_t i = next++; i < share.count; i = next++) work(*api, share.first + i);
    } catch (const std::exception& error) {
      next = share.count;
      const std::lock_guard lock(mutex);
      if (failure.empty()) failure = error.what();
    }
  };
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < kConnections; ++i) threads.emplace_back(run);
  for (std::thread& thread : threads) thread.join();
  if (!failure.empty()) throw LoadError(failure);
}

}  // namespace

void enrol(const Share& share, const Naming& naming, DeviceKeys& keys, std::atomic<uint64_t>& done,
           const Interrupted& interrupted) {
  for_each_device(share, [&](ApiClient& api, uint32_t number) {
    if (interrupted()) throw LoadError("interrupted");
    api.enrol(device_id(naming.id_prefix, number),
              naming.classes[class_of(number, naming.classes.size())],
              hex(keys.of(number).public_key()));
    ++done;
  });
}

void retire(const Share& share, const Naming& naming) {
  try {
    for_each_device(share, [&](ApiClient& api, uint32_t number) {
      api.retire(device_id(naming.id_prefix, number));
    });
  } catch (const LoadError&) {
    // Whoever runs the controller sees what is left.
  }
}

}  // namespace flotilla::sim
