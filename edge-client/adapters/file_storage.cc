#include "edge-client/adapters/file_storage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "edge-client/adapters/active_link.h"
#include "edge-client/adapters/log.h"

namespace flotilla::edge {
namespace {

std::string temporary_name(const ModelFolder& folder, Slot slot) {
  return folder.slot(slot) + ".new";
}

size_t index_of(Slot slot) {
  FLOTILLA_ASSERT(slot != Slot::kNone);
  return static_cast<size_t>(slot);
}

/// Until the image was activated, its file may be written.
bool is_writable(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && (info.st_mode & S_IWUSR) != 0;
}

/// posix_fallocate, which leaves errno alone. Returns the errno value.
int allocate(int fd, uint64_t size) {
  if (size == 0) return 0;
  int error = 0;
  do {
    error = ::posix_fallocate(fd, 0, static_cast<off_t>(size));
  } while (error == EINTR);
  if (error == 0 && ::fsync(fd) != 0) error = errno;
  return error;
}

/// A link to a slot that is about to be given up: only after the journal was lost. The application
/// must not find half an image behind it.
Status unlink_active(const ModelFolder& folder, Slot slot) {
  if (read_active(folder) != slot) return ok_status();
  log_warning("active_link_removed").add("path", folder.active_link());
  return set_active(folder, Slot::kNone);
}

}  // namespace

FileStorage::FileStorage(std::vector<Model> models) {
  for (Model& model : models) entries_.push_back({std::move(model), {}});
}

Status FileStorage::prepare() {
  for (const Entry& entry : entries_) {
    FLOTILLA_TRY(make_folders(entry.model.folder.path()));
    for (Slot slot : {Slot::kA, Slot::kB}) {
      const std::string temporary = temporary_name(entry.model.folder, slot);
      if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) {
        return file_error(errno, "cannot remove a temporary file", temporary);
      }
    }
  }
  return ok_status();
}

SlotGeometry FileStorage::geometry(uint8_t model) {
  return {entries_.at(model).model.slot_size, 1, 1};
}

Status FileStorage::begin(uint8_t model, Slot slot, uint64_t image_size) {
  Entry& entry = entries_.at(model);
  if (image_size > entry.model.slot_size) {
    log_error("image_too_large")
        .add("path", entry.model.folder.slot(slot))
        .add("image_bytes", image_size)
        .add("slot_size", entry.model.slot_size);
    return {Code::kResourceExhausted, "the image is larger than slot_size"};
  }
  const std::string temporary = temporary_name(entry.model.folder, slot);
  if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) {
    return file_error(errno, "cannot remove a temporary file", temporary);
  }
  Fd file = open_file(temporary, O_RDWR | O_CREAT | O_EXCL);
  if (!file.valid()) return file_error(errno, "cannot create the slot file", temporary);
  const int error = allocate(file.get(), image_size);
  if (error != 0) {
    ::unlink(temporary.c_str());
    log_error("no_room_for_image").add("path", temporary).add("image_bytes", image_size);
    return file_error(error, "cannot allocate the slot file", temporary);
  }
  return replace(entry, slot, temporary, std::move(file));
}

Status FileStorage::replace(Entry& entry, Slot slot, const std::string& temporary, Fd file) {
  const ModelFolder& folder = entry.model.folder;
  FLOTILLA_TRY(unlink_active(folder, slot));
  if (std::rename(temporary.c_str(), folder.slot(slot).c_str()) != 0) {
    return file_error(errno, "cannot rename the slot file", folder.slot(slot));
  }
  entry.open[index_of(slot)] = std::move(file);
  return sync_folder(folder.path());
}

bool FileStorage::can_resume(uint8_t model, Slot slot, uint64_t image_size) {
  struct stat info {};
  if (::stat(entries_.at(model).model.folder.slot(slot).c_str(), &info) != 0) return false;
  return S_ISREG(info.st_mode) && (info.st_mode & S_IWUSR) != 0 &&
         static_cast<uint64_t>(info.st_size) == image_size;
}

Status FileStorage::open_slot(uint8_t model, Slot slot, int& fd) {
  Entry& entry = entries_.at(model);
  Fd& file = entry.open[index_of(slot)];
  if (!file.valid()) {
    const std::string path = entry.model.folder.slot(slot);
    file = open_file(path, O_RDWR);
    if (!file.valid() && errno == EACCES) file = open_file(path, O_RDONLY);  // was activated
    if (!file.valid() && errno == ENOENT) return {Code::kNotFound, "the slot holds no image"};
    if (!file.valid()) return file_error(errno, "cannot open the slot file", path);
  }
  fd = file.get();
  return ok_status();
}

Status FileStorage::erase(uint8_t model, Slot slot, uint64_t offset, uint64_t length) {
  const uint64_t size = entries_.at(model).model.slot_size;
  if (offset > size || length > size - offset) {
    return {Code::kOutOfRange, "the range lies outside the slot"};
  }
  int fd = -1;
  FLOTILLA_TRY(open_slot(model, slot, fd));
  if (!is_writable(fd)) return {Code::kFailedPrecondition, "the slot was activated: begin first"};
  return ok_status();  // a file needs no erasing before it is written
}

Status FileStorage::write(uint8_t model, Slot slot, uint64_t offset, Bytes bytes) {
  FLOTILLA_TRY(erase(model, slot, offset, bytes.size()));
  int fd = -1;
  FLOTILLA_TRY(open_slot(model, slot, fd));
  const int error = write_all_at(fd, offset, bytes);
  if (error == 0) return ok_status();
  return file_error(error, "cannot write the slot file", entries_[model].model.folder.slot(slot));
}

Status FileStorage::read(uint8_t model, Slot slot, uint64_t offset, MutableBytes out) {
  int fd = -1;
  FLOTILLA_TRY(open_slot(model, slot, fd));
  const int error = read_all_at(fd, offset, out);
  if (error == 0) return ok_status();
  if (error == ENODATA) return {Code::kOutOfRange, "the range lies outside the slot file"};
  return file_error(error, "cannot read the slot file", entries_[model].model.folder.slot(slot));
}

Status FileStorage::sync(uint8_t model, Slot slot) {
  int fd = -1;
  FLOTILLA_TRY(open_slot(model, slot, fd));
  if (::fsync(fd) == 0) return ok_status();
  const int error = errno;
  entries_[model].open[index_of(slot)].reset();  // what it cached is not what the disk has
  return file_error(error, "cannot sync the slot file", entries_[model].model.folder.slot(slot));
}

}  // namespace flotilla::edge
