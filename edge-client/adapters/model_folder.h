#pragma once

#include <string>
#include <vector>

#include "edge-client/ports/slot_storage.h"

namespace flotilla::edge {

/// Names of everything that is kept for one model below STATE_DIR/models/MODEL/:
///   a.img b.img     the two slots; writable while an image is being installed, read-only from the
///                   moment it was activated, never written again then
///   active          symbolic link to the slot that the application is to load; absent: no model
///   golden/DIGEST   golden-vector file of the image that was installed last
///   boot0.rec boot1.rec progress.log   journal
class ModelFolder {
 public:
  explicit ModelFolder(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  static const char* slot_name(Slot slot) { return slot == Slot::kA ? "a.img" : "b.img"; }
  std::string slot(Slot slot) const { return path_ + "/" + slot_name(slot); }
  std::string active_link() const { return path_ + "/active"; }
  std::string golden_folder() const { return path_ + "/golden"; }
  std::string file(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

using ModelFolders = std::vector<ModelFolder>;

}  // namespace flotilla::edge
