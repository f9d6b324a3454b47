#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "controller/adapters/http_client.h"
#include "controller/adapters/sha256_stream.h"
#include "controller/app/cli/session.h"
#include "controller/app/cli/step_line.h"
#include "controller/app/cli/table.h"

namespace flotilla::controller::app {

namespace {

constexpr int kTimeoutS = 600;
constexpr int kMaxTries = 6;  ///< in a row without a byte that arrived
constexpr std::chrono::seconds kFirstPause{1};
constexpr size_t kBlock = size_t{1} << 20;
constexpr const char* kContinue =
    "run the same command again: it continues with what is missing; the server keeps it for a day";

/// Where the file is told apart from others without reading it: path, size and time of change.
std::string upload_id(const std::string& file, const struct stat& facts) {
  char* const resolved = ::realpath(file.c_str(), nullptr);
  const std::string name =
      (resolved == nullptr ? file : std::string(resolved)) + '\n' + std::to_string(facts.st_size) +
      '\n' + std::to_string(facts.st_mtim.tv_sec) + '.' + std::to_string(facts.st_mtim.tv_nsec);
  std::free(resolved);
  Sha256Stream hash;
  hash.append(as_bytes(name));
  return std::string(to_hex(hash.finish()).view().substr(0, 32));
}

}  // namespace

/// One file on its way to the server.
class FileUpload {
 public:
  FileUpload(Session& session, const std::string& file) : session_(session), file_(file) {}

  std::optional<std::string> run();

 private:
  enum class Next { kAgain, kGiveUp, kDone };

  bool begin();
  Next attempt();
  Next read_answer(const HttpReply& reply);
  /// Brings the hash of what was sent to `offset`, which the server has.
  bool hash_up_to(uint64_t offset);
  std::optional<std::string> checked();
  std::string resource() const { return "/api/v1/uploads/" + id_; }

  Session& session_;
  const std::string& file_;
  Access access_ = find_access(session_.options);
  HttpClient client_{{access_.server, access_.token, session_.options.server_ca, kTimeoutS}};
  StepLine line_;
  std::string id_;
  uint64_t size_ = 0;
  uint64_t offset_ = 0;  ///< that the server has
  uint64_t hashed_ = 0;
  std::unique_ptr<Sha256Stream> hash_ = std::make_unique<Sha256Stream>();
  std::string stored_;  ///< digest that the server answered
};

bool FileUpload::begin() {
  struct stat facts {};
  const bool is_file = ::stat(file_.c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
  if (!is_file || !std::ifstream(file_)) {
    session_.fail(kExitUsage, "cannot read " + file_, "check the path");
    return false;
  }
  if (facts.st_size == 0) {
    session_.fail(kExitRefused, file_ + " is empty", "name a file with bytes");
    return false;
  }
  size_ = static_cast<uint64_t>(facts.st_size);
  id_ = upload_id(file_, facts);
  return true;
}

bool FileUpload::hash_up_to(uint64_t offset) {
  if (hashed_ > offset) {
    hash_ = std::make_unique<Sha256Stream>();
    hashed_ = 0;
  }
  std::ifstream stream(file_, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(hashed_));
  std::vector<char> block(kBlock);
  while (hashed_ < offset) {
    const auto wanted =
        static_cast<std::streamsize>(std::min<uint64_t>(block.size(), offset - hashed_));
    if (!stream.read(block.data(), wanted)) return false;
    hash_->append(as_bytes({block.data(), static_cast<size_t>(wanted)}));
    hashed_ += static_cast<uint64_t>(wanted);
  }
  return true;
}

FileUpload::Next FileUpload::attempt() {
  // A refused token is told before a large body is on its way.
  const auto known = client_.request("GET", resource());
  if (!known.ok()) return Next::kAgain;
  if (known.value().status != 404) {
    const auto progress = session_.read_reply(known.value().status, known.value().body);
    if (!progress) return Next::kGiveUp;
    offset_ = number(*progress, "offset");
  } else {
    offset_ = 0;
  }
  if (!hash_up_to(offset_)) {
    session_.fail(kExitRefused, file_ + " is shorter than it was", "send it when it is complete");
    return Next::kGiveUp;
  }
  const auto reply = client_.send_file(
      "PUT", resource() + "?size=" + std::to_string(size_) + "&offset=" + std::to_string(offset_),
      file_, offset_, [this](Bytes piece) {
        hash_->append(piece);
        hashed_ += piece.size();
        line_.show("sending " + file_, hashed_, size_);
      });
  if (!reply.ok()) return Next::kAgain;
  return read_answer(reply.value());
}

FileUpload::Next FileUpload::read_answer(const HttpReply& reply) {
  constexpr int kConflict = 409;
  constexpr int kUnavailable = 503;
  // The server has not yet noticed that an earlier connection is dead.
  if (reply.status == kConflict || reply.status == kUnavailable) return Next::kAgain;
  const auto answer = session_.read_reply(reply.status, reply.body);
  if (!answer) return Next::kGiveUp;
  stored_ = answer->value("digest", "");
  return stored_.empty() ? Next::kAgain : Next::kDone;
}

std::optional<std::string> FileUpload::checked() {
  if (hashed_ == size_ && stored_ == to_hex(hash_->finish()).view()) return stored_;
  session_.fail(kExitRefused, file_ + " changed while it was sent", "send it when it is complete");
  return std::nullopt;
}

std::optional<std::string> FileUpload::run() {
  if (!begin()) return std::nullopt;
  auto pause = kFirstPause;
  for (int tries = 1; tries <= kMaxTries; ++tries) {
    const uint64_t before = offset_;
    const Next next = attempt();
    if (next == Next::kDone) return checked();
    if (next == Next::kGiveUp) return std::nullopt;
    if (offset_ > before) {
      tries = 1;
      pause = kFirstPause;
    }
    if (offset_ == 0 && hashed_ == 0) break;  // not even a first answer: there is no server
    if (tries < kMaxTries) std::this_thread::sleep_for(pause);
    pause *= 2;
  }
  session_.unreachable(access_.server, client_.last_error());
  if (hashed_ > 0) std::fprintf(stderr, "  to do: %s\n", kContinue);
  return std::nullopt;
}

std::optional<std::string> Session::upload(const std::string& file) {
  if (!has_token_file()) return std::nullopt;
  return FileUpload(*this, file).run();
}

}  // namespace flotilla::controller::app
