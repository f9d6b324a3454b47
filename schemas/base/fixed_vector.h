#pragma once

#include <array>
#include <cstddef>

#include "schemas/base/assert.h"

namespace flotilla {

/// At most N values kept in place; T must be default constructible and copyable.
template <typename T, size_t N>
class FixedVector {
 public:
  static constexpr size_t capacity() { return N; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == N; }
  void clear() { size_ = 0; }

  /// False, and nothing changes, when full.
  [[nodiscard]] bool push_back(const T& value) {
    if (full()) return false;
    items_[size_++] = value;
    return true;
  }

  /// A new value at the end; null, and nothing changes, when full.
  T* append() {
    if (full()) return nullptr;
    T& item = items_[size_++];
    item = T{};
    return &item;
  }

  T& operator[](size_t i) {
    FLOTILLA_ASSERT(i < size_);
    return items_[i];
  }
  const T& operator[](size_t i) const {
    FLOTILLA_ASSERT(i < size_);
    return items_[i];
  }

  T* begin() { return items_.data(); }
  T* end() { return items_.data() + size_; }
  const T* begin() const { return items_.data(); }
  const T* end() const { return items_.data() + size_; }

 private:
  size_t size_ = 0;  // first: near to whoever holds a pointer to the whole
  std::array<T, N> items_{};
};

}  // namespace flotilla
