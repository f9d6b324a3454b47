#pragma once

#include <string>
#include <vector>

#include "edge-client/adapters/model_folder.h"
#include "edge-client/adapters/posix.h"
#include "edge-client/ports/journal.h"

namespace flotilla::edge {

/// Journal areas as small files: STATE_DIR/device0.rec and device1.rec, the rest in each model's
/// folder. Erasing truncates; a hole left by a write further on is filled with 0xFF.
class FileJournal final : public Journal {
 public:
  static constexpr uint32_t kRecordCapacity = 8 * 1024;
  static constexpr uint32_t kProgressCapacity = 1024 * 1024;

  FileJournal(std::string state_folder, ModelFolders models);

  uint32_t capacity(JournalArea area) override;
  Status erase(JournalArea area, uint8_t model) override;
  Status write(JournalArea area, uint8_t model, uint32_t offset, Bytes bytes) override;
  Status read(JournalArea area, uint8_t model, uint32_t offset, MutableBytes out) override;
  Status sync(JournalArea area, uint8_t model) override;

 private:
  std::string path_of(JournalArea area, uint8_t model) const;
  Fd& file_of(JournalArea area, uint8_t model);
  /// Opens the file; with `create` also makes it, with a durable name.
  Status open_area(JournalArea area, uint8_t model, bool create, int& fd);

  std::string state_folder_;
  ModelFolders models_;
  std::vector<Fd> files_;  // kept open: two of the device, then three a model
};

}  // namespace flotilla::edge
