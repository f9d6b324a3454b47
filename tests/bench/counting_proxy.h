#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace flotilla::bench {

/// Bytes of one direction, as TCP carries them, and as they are inside TLS.
struct Traffic {
  uint64_t tcp = 0;
  uint64_t mqtt = 0;
};

/// A TCP relay on loopback that counts what passes. TLS records tell their own length, so the bytes
/// of MQTT are known without a key: the sum of the application data records, less what TLS 1.2 with
/// AES-GCM adds to each (8 bytes of nonce, 16 of tag; RFC 5288).
class CountingProxy {
 public:
  /// Relays 127.0.0.1:port() to 127.0.0.1:`upstream`.
  explicit CountingProxy(int upstream);
  ~CountingProxy();
  CountingProxy(const CountingProxy&) = delete;
  CountingProxy& operator=(const CountingProxy&) = delete;

  int port() const { return port_; }
  Traffic to_broker() const { return {to_broker_.tcp, to_broker_.mqtt}; }
  Traffic to_device() const { return {to_device_.tcp, to_device_.mqtt}; }

 private:
  struct Counters {
    std::atomic<uint64_t> tcp{0};
    std::atomic<uint64_t> mqtt{0};
  };

  /// Finds the records in one direction of one connection.
  class Records {
   public:
    void pass(const uint8_t* bytes, size_t size, Counters& counters);

   private:
    uint8_t header_[5] = {};
    size_t header_filled_ = 0;
    size_t body_left_ = 0;
  };

  struct Link {
    int device = -1;
    int broker = -1;
    Records from_device;
    Records from_broker;
  };

  void run();
  void accept_device();
  /// False when either end is gone.
  bool relay(int from, int to, Records& records, Counters& counters);

  int listener_ = -1;
  int stop_[2] = {-1, -1};
  int port_ = 0;
  int upstream_ = 0;
  std::vector<Link> links_;
  Counters to_broker_;
  Counters to_device_;
  std::thread thread_;
};

}  // namespace flotilla::bench
