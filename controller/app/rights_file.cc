#include "controller/app/rights_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "controller/adapters/file_descriptor.h"

namespace flotilla::controller::app {

namespace {

Status failed(std::string& explanation, const std::string& what) {
  explanation = what + ": " + std::strerror(errno);
  return {Code::kUnavailable, "a file could not be written"};
}

/// Owner and group of the file that is replaced, so that the broker can still read it.
void keep_owner(const std::string& path, int file) {
  struct stat before {};
  if (::stat(path.c_str(), &before) != 0) return;
  [[maybe_unused]] const int result = ::fchown(file, before.st_uid, before.st_gid);
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

Status replace_file(const std::string& path, const std::string& text, unsigned mode,
                    std::string& explanation) {
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());
  {
    const FileDescriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                                     static_cast<mode_t>(mode)));
    if (!file.valid()) return failed(explanation, "cannot create " + temporary);
    keep_owner(path, file.get());
    if (!write_all(file.get(), as_bytes(text)).ok() || ::fsync(file.get()) != 0) {
      const Status status = failed(explanation, "cannot write " + temporary);
      ::unlink(temporary.c_str());
      return status;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    return failed(explanation, "cannot replace " + path);
  }
  return sync_folder(folder_of(path).c_str());
}

RightsFile::RightsFile(RightsFileOptions options, const Topics& topics)
    : options_(std::move(options)), topics_(topics) {}

Status RightsFile::write(const std::map<std::string, Device>& devices, std::string& explanation) {
  if (options_.acl_file.empty()) return ok_status();
  std::string text = broker_rights(topics_, devices, options_.services);
  if (text == written_) return ok_status();
  FLOTILLA_TRY(replace_file(options_.acl_file, text, 0644, explanation));
  FLOTILLA_TRY(tell_broker(explanation));
  written_ = std::move(text);
  return ok_status();
}

Status RightsFile::tell_broker(std::string& explanation) {
  if (options_.broker_pid_file.empty()) return ok_status();
  std::ifstream stream(options_.broker_pid_file);
  long pid = 0;
  if (!(stream >> pid) || pid <= 1) {
    explanation = "no process id in " + options_.broker_pid_file +
                  ": the broker does not run, or writes its pid_file elsewhere";
    return {Code::kUnavailable, "the broker was not told of its new rights"};
  }
  if (::kill(static_cast<pid_t>(pid), SIGHUP) != 0) {
    explanation =
        "cannot signal the broker, process " + std::to_string(pid) + ": " + std::strerror(errno);
    return {Code::kUnavailable, "the broker was not told of its new rights"};
  }
  return ok_status();
}

}  // namespace flotilla::controller::app
