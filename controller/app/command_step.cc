#include "controller/app/command_step.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "controller/adapters/file_descriptor.h"
#include "controller/adapters/mapped_file.h"
#include "controller/adapters/sandbox_watch.h"
#include "controller/adapters/sha256_stream.h"
#include "controller/api/views.h"

namespace flotilla::controller::app {

namespace {

namespace fs = std::filesystem;
using api::Json;

constexpr size_t kMaxResult = 64 * 1024;
constexpr size_t kMaxToldLog = 400;
constexpr size_t kMaxTool = 256;
constexpr size_t kMaxToolVersion = 128;
constexpr size_t kSlice = size_t{1} << 20;

Digest sha256_of(Bytes bytes) {
  Sha256Stream hash;
  hash.append(bytes);
  return hash.finish();
}

/// A folder that goes with everything in it.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::string& parent) {
    std::string pattern = parent + "/flotilla-optimise-XXXXXX";
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~ScratchFolder() {
    if (!path_.empty()) remove_folder(path_);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The last lines of what a command said, on one line.
std::string tail_of(const std::string& log) {
  std::string out = log.substr(log.size() - std::min(log.size(), kMaxToldLog));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return out.empty() ? "" : "; it said: " + out;
}

const char* end_name(SandboxEnd end) {
  switch (end) {
    case SandboxEnd::kExited:
      return "exited";
    case SandboxEnd::kSignal:
      return "signal";
    case SandboxEnd::kNetwork:
      return "network";
    case SandboxEnd::kWallTime:
      return "wall time";
    case SandboxEnd::kCpuTime:
      return "processor time";
    case SandboxEnd::kMemory:
      return "memory";
    case SandboxEnd::kProcesses:
      return "processes";
    case SandboxEnd::kDisk:
      return "disk";
    case SandboxEnd::kCancelled:
      return "cancelled";
    case SandboxEnd::kNotStarted:
      return "not started";
  }
  return "";
}

/// Regular files of that name directly in `folder`/output, whatever the command made of them.
FileDescriptor open_output(const std::string& folder, const std::string& name) {
  const FileDescriptor at(
      ::open((folder + "/output").c_str(), O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!at.valid()) return FileDescriptor();
  FileDescriptor file(
      ::openat(at.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat facts {};
  if (!file.valid() || ::fstat(file.get(), &facts) != 0) return FileDescriptor();
  return S_ISREG(facts.st_mode) ? std::move(file) : FileDescriptor();
}

bool is_file_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
         name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
}

/// One run.
class CommandRun {
 public:
  CommandRun(const OptimiserConfig& config, const OptimiserCommand& command,
             ArtifactStore& artifacts, api::StepRecord& record, OptimiseFault& fault)
      : config_(config),
        command_(command),
        artifacts_(artifacts),
        record_(record),
        fault_(fault),
        scratch_(config.scratch) {}

  Status run(const std::string& hardware_class, const std::atomic<bool>& cancel) {
    if (scratch_.path().empty()) {
      return refuse("no folder can be made in " + config_.scratch, "make room there");
    }
    FLOTILLA_TRY(fill_folder(hardware_class));
    record_.provenance = provenance();
    SandboxOrder order{command_.argv, scratch_.path(), command_.readable, command_.limits,
                       config_.walls};
    outcome_ = run_in_sandbox(order, cancel);
    if (outcome_.end == SandboxEnd::kCancelled) return {Code::kAborted, "cancelled"};
    FLOTILLA_TRY(keep_log());
    const bool done = outcome_.end == SandboxEnd::kExited && outcome_.code == 0;
    if (!done) {
      return refuse(outcome_.explanation + tail_of(outcome_.log),
                    outcome_.end == SandboxEnd::kNotStarted
                        ? "see docs/optimise.md, 'The sandbox'"
                        : "correct the command, or raise its limits in the optimisers file");
    }
    return take_result();
  }

 private:
  Status refuse(const std::string& message, const std::string& remedy) {
    fault_ = {"step '" + step_text(record_.step) + "': " + message, remedy};
    return {Code::kFailedPrecondition, "a command did not do its step"};
  }

  Status fill_folder(const std::string& hardware_class) {
    const std::string folder = scratch_.path();
    const auto view = artifacts_.open(record_.input);
    if (!view.ok()) return view.status();
    const Bytes bytes = view.value()->bytes();
    std::ofstream(folder + "/input", std::ios::binary)
        .write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
    const Json job = {
        {"format_version", 1},
        {"kind", step_kind_name(record_.step.kind)},
        {"command", record_.step.name},
        {"arguments", record_.step.arguments},
        {"hardware_class", hardware_class},
        {"input",
         {{"path", "input"}, {"digest", api::digest_json(record_.input)}, {"bytes", bytes.size()}}},
        {"output_folder", "output"}};
    std::ofstream(folder + "/job.json") << job.dump(2) << '\n';
    std::error_code failed;
    fs::create_directory(folder + "/output", failed);
    const bool is_whole = fs::file_size(folder + "/input", failed) == bytes.size() && !failed;
    if (!is_whole) return {Code::kResourceExhausted, "the scratch folder is full"};
    return hand_over() ? ok_status()
                       : refuse("its folder cannot be given to another user",
                                "let the server run with CAP_CHOWN, or as an ordinary user");
  }

  /// A command of a server that is root runs as another user.
  bool hand_over() const {
    if (::geteuid() != 0) return true;
    for (const char* name : {"", "/input", "/job.json", "/output"}) {
      const uid_t user = config_.walls.user;
      if (::chown((scratch_.path() + name).c_str(), user, user) != 0) return false;
    }
    return true;
  }

  /// Program and files among its arguments by digest: what ran.
  Json provenance() const {
    Json files = Json::array();
    for (const std::string& word : command_.argv) {
      std::error_code none;
      if (!word.starts_with("/") || !fs::is_regular_file(word, none)) continue;
      const auto file = MappedFile::open(word);
      if (!file.ok()) continue;
      files.push_back(
          {{"path", word}, {"digest", api::digest_json(sha256_of(file.value()->bytes()))}});
    }
    const SandboxLimits& limits = command_.limits;
    return {{"command", record_.step.name},
            {"argv", command_.argv},
            {"files", std::move(files)},
            {"limits",
             {{"wall_s", limits.wall_s},
              {"cpu_s", limits.cpu_s},
              {"memory_mib", limits.memory_mib},
              {"processes", limits.processes},
              {"disk_mib", limits.disk_mib}}}};
  }

  Status keep_log() {
    Json& out = record_.provenance;
    out["sandbox"] = outcome_.mechanisms;
    out["end"] = end_name(outcome_.end);
    out["log_bytes"] = outcome_.log_bytes;
    if (outcome_.log.empty()) return ok_status();
    const auto digest = store(as_bytes(outcome_.log));
    if (!digest.ok()) return digest.status();
    out["log_digest"] = api::digest_json(digest.value());
    return ok_status();
  }

  Result<Digest> store(Bytes bytes) {
    const auto writer = artifacts_.create();
    if (!writer.ok()) return writer.status();
    FLOTILLA_TRY(writer.value()->append(bytes));
    return writer.value()->finish();
  }

  Status take_result() {
    const std::string folder = scratch_.path();
    const FileDescriptor file(
        ::open((folder + "/result.json").c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    std::string text(kMaxResult + 1, '\0');
    const auto size = read_some(file.get(), text.data(), text.size());
    if (!size.ok()) {
      return refuse("it wrote no result.json" + tail_of(outcome_.log),
                    "let it write {\"output\": NAME} into result.json");
    }
    text.resize(size.value());
    Json result;
    const bool is_read = text.size() <= kMaxResult && !api::parse_json(text, result);
    if (!is_read || !result.is_object() || !result.contains("output") ||
        !result["output"].is_string()) {
      return refuse("its result.json is no object with the member output",
                    "let it write {\"output\": NAME}");
    }
    record_.tool = told(result, "tool", kMaxTool);
    if (record_.tool.empty()) record_.tool = "command " + record_.step.name;
    record_.version = told(result, "version", kMaxToolVersion);
    if (result.contains("metrics")) record_.provenance["metrics"] = result["metrics"];
    return store_output(result["output"].get<std::string>());
  }

  static std::string told(const Json& result, const char* name, size_t most) {
    if (!result.contains(name) || !result[name].is_string()) return "";
    return result[name].get<std::string>().substr(0, most);
  }

  Status store_output(const std::string& name) {
    const FileDescriptor file =
        is_file_name(name) ? open_output(scratch_.path(), name) : FileDescriptor();
    if (!file.valid()) {
      return refuse("its output is no file in the folder output",
                    "let result.json name a file that it wrote into output/");
    }
    const auto writer = artifacts_.create();
    if (!writer.ok()) return writer.status();
    std::string part(kSlice, '\0');
    uint64_t bytes = 0;
    for (;;) {
      const auto size = read_some(file.get(), part.data(), part.size());
      if (!size.ok()) return size.status();  // half a file is no result
      if (size.value() == 0) break;
      bytes += size.value();
      FLOTILLA_TRY(writer.value()->append(as_bytes(part).first(size.value())));
    }
    if (bytes == 0) return refuse("its output is empty", "let it write the optimised model");
    const auto digest = writer.value()->finish();
    if (!digest.ok()) return digest.status();
    record_.output = digest.value();
    record_.output_size = bytes;
    return ok_status();
  }

  const OptimiserConfig& config_;
  const OptimiserCommand& command_;
  ArtifactStore& artifacts_;
  api::StepRecord& record_;
  OptimiseFault& fault_;
  ScratchFolder scratch_;
  SandboxOutcome outcome_;
};

}  // namespace

Status run_command_step(const OptimiserConfig& config, ArtifactStore& artifacts,
                        const std::string& hardware_class, const std::atomic<bool>& cancel,
                        api::StepRecord& record, OptimiseFault& fault) {
  const auto command = config.commands.find(record.step.name);
  if (command == config.commands.end()) {
    std::string names;
    for (const auto& [name, known] : config.commands) names += (names.empty() ? "" : ", ") + name;
    fault = {"step '" + step_text(record.step) + "': the server's operator allows no command '" +
                 record.step.name + "'",
             names.empty() ? "let the operator name it: flotilla serve --optimisers FILE"
                           : "allowed are: " + names};
    return {Code::kPermissionDenied, "a command that is not allowed"};
  }
  return CommandRun(config, command->second, artifacts, record, fault).run(hardware_class, cancel);
}

}  // namespace flotilla::controller::app
