#pragma once

#include <string>
#include <vector>

#include "controller/ports/transport.h"

namespace flotilla::controller {

/// Publishes a list of retained messages with a bounded number in flight.
class ShelfPublisher {
 public:
  /// `payload` is borrowed until the list is done or abandoned; empty: clears the topic.
  struct Item {
    std::string topic;
    Bytes payload;
  };

  /// Tokens with this bit belong to the shelf; other users of the connection leave it out.
  static constexpr uint64_t kTokenBit = uint64_t{1} << 63;

  ShelfPublisher(Transport& transport, size_t window) : transport_(transport), window_(window) {}

  bool running() const { return !items_.empty(); }
  void begin(std::vector<Item> items);
  /// Publishes as much as the window and the transport take. True once, when every message was
  /// answered, or (see refusal()) one was refused.
  bool finished();
  /// False when the token is not the shelf's.
  bool on_published(uint64_t token, bool ok, const std::string& reason);
  void abandon();
  /// Why the broker refused a message of the last list; empty when it took all.
  const std::string& refusal() const { return refusal_; }

 private:
  Transport& transport_;
  const size_t window_;
  std::vector<Item> items_;
  size_t next_ = 0;  ///< first item that was not yet published
  size_t answered_ = 0;
  uint32_t list_ = 0;  ///< tells late answers of an abandoned list apart
  std::string refusal_;
};

}  // namespace flotilla::controller
