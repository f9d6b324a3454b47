#pragma once

#include <string_view>

#include "controller/artifact/models/reading.h"

namespace flotilla::controller {

/// A FlatBuffers vector: `size` elements from `at` on, checked to lie inside the file.
struct FlatVector {
  uint64_t at = 0;
  uint64_t size = 0;
};

/// A table of a FlatBuffer whose schema is not compiled in: fields by number, every offset checked
/// against the file. Offsets only lead forward, so that nothing can be cyclic. An absent field and
/// a fault read as 0 or empty. Source: FlatBuffers' "Internals" document.
class FlatTable {
 public:
  FlatTable() = default;
  FlatTable(Reading& reading, uint64_t at);
  /// The root table of a file.
  static FlatTable root(Reading& reading);

  uint64_t at() const { return at_; }
  bool has(unsigned field) const { return position(field) != 0; }
  uint64_t number(unsigned field, unsigned width) const;
  FlatTable table(unsigned field) const;
  /// Of elements with `width` bytes each.
  FlatVector vector(unsigned field, unsigned width) const;
  std::string_view text(unsigned field) const;
  /// Element `index` of a vector of tables.
  FlatTable element(const FlatVector& tables, uint64_t index) const;

 private:
  /// Where the field's value stands; 0: absent.
  uint64_t position(unsigned field) const;
  /// Follows the offset at `from`; 0 after a fault.
  static uint64_t follow(Reading& reading, uint64_t from);

  Reading* reading_ = nullptr;  ///< null: no such table
  uint64_t at_ = 0;
  uint64_t vtable_ = 0;
  uint64_t vtable_size_ = 0;
};

}  // namespace flotilla::controller
