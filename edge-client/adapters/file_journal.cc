#include "edge-client/adapters/file_journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace flotilla::edge {
namespace {

constexpr uint8_t kErased = 0xFF;
constexpr size_t kDeviceAreas = 2;
constexpr size_t kModelAreas = 3;

bool is_device_area(JournalArea area) {
  return area == JournalArea::kDevice0 || area == JournalArea::kDevice1;
}

const char* file_name(JournalArea area) {
  switch (area) {
    case JournalArea::kDevice0:
      return "device0.rec";
    case JournalArea::kDevice1:
      return "device1.rec";
    case JournalArea::kBoot0:
      return "boot0.rec";
    case JournalArea::kBoot1:
      return "boot1.rec";
    case JournalArea::kProgress:
      return "progress.log";
  }
  return "";
}

/// Fills what lies between the end of the file and `offset` with erased bytes; an errno value.
int fill_gap(int fd, uint32_t offset) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return errno;
  std::array<uint8_t, 4096> blank;
  blank.fill(kErased);
  for (uint64_t at = static_cast<uint64_t>(info.st_size); at < offset;) {
    const size_t n = std::min<size_t>(blank.size(), offset - at);
    const int error = write_all_at(fd, at, Bytes(blank).first(n));
    if (error != 0) return error;
    at += n;
  }
  return 0;
}

}  // namespace

FileJournal::FileJournal(std::string state_folder, ModelFolders models)
    : state_folder_(std::move(state_folder)),
      models_(std::move(models)),
      files_(kDeviceAreas + kModelAreas * models_.size()) {}

uint32_t FileJournal::capacity(JournalArea area) {
  return area == JournalArea::kProgress ? kProgressCapacity : kRecordCapacity;
}

std::string FileJournal::path_of(JournalArea area, uint8_t model) const {
  if (is_device_area(area)) return state_folder_ + "/" + file_name(area);
  return models_.at(model).file(file_name(area));
}

Fd& FileJournal::file_of(JournalArea area, uint8_t model) {
  const auto index = static_cast<size_t>(area);
  if (is_device_area(area)) return files_[index];
  return files_.at(kDeviceAreas + kModelAreas * model + (index - kDeviceAreas));
}

Status FileJournal::open_area(JournalArea area, uint8_t model, bool create, int& fd) {
  Fd& file = file_of(area, model);
  if (!file.valid()) {
    const std::string path = path_of(area, model);
    file = open_file(path, O_RDWR);
    if (!file.valid() && errno == ENOENT) {
      if (!create) return {Code::kNotFound, "the journal area does not exist yet"};
      file = open_file(path, O_RDWR | O_CREAT, 0600);
      if (file.valid()) FLOTILLA_TRY(sync_folder(path.substr(0, path.find_last_of('/'))));
    }
    if (!file.valid()) return file_error(errno, "cannot open the journal", path);
  }
  fd = file.get();
  return ok_status();
}

Status FileJournal::erase(JournalArea area, uint8_t model) {
  int fd = -1;
  FLOTILLA_TRY(open_area(area, model, true, fd));
  if (::ftruncate(fd, 0) == 0) return ok_status();
  return file_error(errno, "cannot erase the journal", path_of(area, model));
}

Status FileJournal::write(JournalArea area, uint8_t model, uint32_t offset, Bytes bytes) {
  const uint32_t limit = capacity(area);
  if (offset > limit || bytes.size() > limit - offset) {
    return {Code::kResourceExhausted, "the journal area is full"};
  }
  int fd = -1;
  FLOTILLA_TRY(open_area(area, model, true, fd));
  int error = fill_gap(fd, offset);
  if (error == 0) error = write_all_at(fd, offset, bytes);
  if (error == 0) return ok_status();
  return file_error(error, "cannot write the journal", path_of(area, model));
}

Status FileJournal::read(JournalArea area, uint8_t model, uint32_t offset, MutableBytes out) {
  fill(out, kErased);
  int fd = -1;
  const Status opened = open_area(area, model, false, fd);
  if (opened.code() == Code::kNotFound) return ok_status();
  FLOTILLA_TRY(opened);
  struct stat info {};
  if (::fstat(fd, &info) != 0) {
    return file_error(errno, "cannot read the journal", path_of(area, model));
  }
  const auto size = static_cast<uint64_t>(info.st_size);
  if (offset >= size) return ok_status();
  const size_t n = std::min<uint64_t>(out.size(), size - offset);
  const int error = read_all_at(fd, offset, out.first(n));
  if (error == 0) return ok_status();
  return file_error(error, "cannot read the journal", path_of(area, model));
}

Status FileJournal::sync(JournalArea area, uint8_t model) {
  int fd = -1;
  FLOTILLA_TRY(open_area(area, model, true, fd));
  if (::fsync(fd) == 0) return ok_status();
  return file_error(errno, "cannot sync the journal", path_of(area, model));
}

}  // namespace flotilla::edge
