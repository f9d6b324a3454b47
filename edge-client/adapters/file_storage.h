#pragma once

#include <array>
#include <vector>

#include "edge-client/adapters/model_folder.h"
#include "edge-client/adapters/posix.h"
#include "edge-client/ports/slot_storage.h"

namespace flotilla::edge {

/// Slots as files (see ModelFolder). Each installation makes a new inode: its space is allocated
/// under a temporary name before the old file gives way to it, so a full disk is refused while
/// nothing is lost, and an application that still maps the old image keeps it. For a moment the
/// disk holds three images: active, old spare, new.
class FileStorage final : public SlotStorage {
 public:
  struct Model {
    ModelFolder folder;
    uint64_t slot_size = 0;  ///< bytes
  };

  /// Models in the order of the device's configuration.
  explicit FileStorage(std::vector<Model> models);
  /// Makes the folders and removes what a crash left under temporary names.
  Status prepare();

  SlotGeometry geometry(uint8_t model) override;
  Status begin(uint8_t model, Slot slot, uint64_t image_size) override;
  bool can_resume(uint8_t model, Slot slot, uint64_t image_size) override;
  Status erase(uint8_t model, Slot slot, uint64_t offset, uint64_t length) override;
  Status write(uint8_t model, Slot slot, uint64_t offset, Bytes bytes) override;
  Status read(uint8_t model, Slot slot, uint64_t offset, MutableBytes out) override;
  Status sync(uint8_t model, Slot slot) override;

 private:
  struct Entry {
    Model model;
    std::array<Fd, 2> open;  // by slot; kept between calls
  };

  Status open_slot(uint8_t model, Slot slot, int& fd);
  Status replace(Entry& entry, Slot slot, const std::string& temporary, Fd file);

  std::vector<Entry> entries_;
};

}  // namespace flotilla::edge
