#include "controller/adapters/rocksdb_store.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <filesystem>

namespace flotilla::controller {
namespace {

constexpr size_t kWriteBuffer = 8u << 20;
constexpr uint64_t kMaxLog = 64u << 20;
/// What opening may write: the memory that the log replays, and a new log.
constexpr uint64_t kReopenRoom = 2 * kWriteBuffer;

/// The library's own log would be a file on the same disk: once a line of it finds no room, the
/// next one stops the process (an assertion of its file writer, which Debian's build keeps).
class LineLogger final : public rocksdb::Logger {
 public:
  explicit LineLogger(std::function<void(const std::string&)> take)
      : rocksdb::Logger(rocksdb::WARN_LEVEL), take_(std::move(take)) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    if (!take_) return;
    std::array<char, 512> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    take_(line.data());
  }

 private:
  std::function<void(const std::string&)> take_;
};

rocksdb::Options database_options(const RocksdbStore::Options& settings) {
  rocksdb::Options options;
  options.info_log = std::make_shared<LineLogger>(settings.log);
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.recycle_log_file_num = 0;  // a recycled log hides where the last write ended
  options.wal_bytes_per_sync = 0;
  options.write_buffer_size = kWriteBuffer;
  options.max_write_buffer_number = 2;
  options.max_total_wal_size = kMaxLog;
  options.max_open_files = 256;
  return options;
}

Status status_of(const rocksdb::Status& status) {
  if (status.ok()) return ok_status();
  if (status.IsNoSpace()) return {Code::kResourceExhausted, "the disk is full"};
  if (status.IsCorruption()) return {Code::kDataLoss, "the database is damaged"};
  if (status.IsIOError()) return {Code::kUnavailable, "the database could not reach its files"};
  if (status.IsBusy() || status.IsTryAgain()) return {Code::kUnavailable, "the database is busy"};
  return {Code::kInternal, "the database refused the call"};
}

std::string explain_open(const std::string& folder, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  if (text.find("lock") != std::string::npos && status.IsIOError()) {
    return "another process holds the lock of " + folder + ": is flotilla serve already running?";
  }
  if (status.IsCorruption()) {
    return "the database in " + folder + " is damaged; restore it from a backup (" + text + ")";
  }
  if (status.IsNoSpace()) return "no space left on the disk of " + folder;
  return "the database in " + folder + " does not open: " + text;
}

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

std::unique_ptr<rocksdb::DB> open_database(const RocksdbStore::Options& settings,
                                           std::string& failure) {
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(database_options(settings), settings.folder, &db);
  if (!status.ok()) failure = explain_open(settings.folder, status);
  return std::unique_ptr<rocksdb::DB>(db);
}

constexpr Status kNotOpen{Code::kUnavailable, "the database could not be opened again"};

/// The first key after all that start with `prefix`; empty: there is none.
std::string successor(std::string_view prefix) {
  std::string out(prefix);
  while (!out.empty() && static_cast<uint8_t>(out.back()) == 0xFF) out.pop_back();
  if (!out.empty()) out.back() = static_cast<char>(static_cast<uint8_t>(out.back()) + 1);
  return out;
}

}  // namespace

std::unique_ptr<RocksdbStore> RocksdbStore::open(const Options& options, std::string& failure) {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) {
    failure = "the folder " + options.folder + " cannot be made: " + error.message();
    return nullptr;
  }
  auto db = open_database(options, failure);
  if (!db) return nullptr;
  return std::unique_ptr<RocksdbStore>(new RocksdbStore(options, std::move(db)));
}

RocksdbStore::RocksdbStore(const Options& options, std::unique_ptr<rocksdb::DB> db)
    : options_(options), db_(std::move(db)) {}

RocksdbStore::~RocksdbStore() = default;

Status RocksdbStore::commit(const std::vector<Write>& batch) {
  if (batch.empty()) return ok_status();
  FLOTILLA_TRY(check_reserve(options_.folder, options_.reserve));
  if (write_failed_) return reopen();
  rocksdb::WriteBatch writes;
  for (const Write& write : batch) {
    const rocksdb::Status added = write.value ? writes.Put(slice(write.key), slice(*write.value))
                                              : writes.Delete(slice(write.key));
    FLOTILLA_TRY(status_of(added));
  }
  rocksdb::WriteOptions durable;
  durable.sync = true;
  const rocksdb::Status written = db_->Write(durable, &writes);
  write_failed_ = !written.ok();
  return status_of(written);
}

/// Never ok: a batch that was refused may have reached the log after all, so that the caller has to
/// read its state again before it writes.
Status RocksdbStore::reopen() {
  FLOTILLA_TRY(check_room(options_.folder, kReopenRoom));
  db_.reset();
  std::string failure;
  db_ = open_database(options_, failure);
  if (!db_) return kNotOpen;
  write_failed_ = false;
  return {Code::kUnavailable, "the database was opened anew after a failed write"};
}

Status RocksdbStore::scan(
    std::string_view prefix,
    const std::function<bool(std::string_view key, std::string_view value)>& visit) {
  if (!db_) return kNotOpen;
  const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}));
  for (at->Seek(slice(prefix)); at->Valid() && at->key().starts_with(slice(prefix)); at->Next()) {
    if (!visit(at->key().ToStringView(), at->value().ToStringView())) return ok_status();
  }
  return status_of(at->status());
}

Status RocksdbStore::scan_back(
    std::string_view prefix, std::string_view before,
    const std::function<bool(std::string_view key, std::string_view value)>& visit) {
  if (!db_) return kNotOpen;
  const std::string end = before.empty() ? successor(prefix) : std::string(before);
  const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}));
  if (end.empty()) {
    at->SeekToLast();
  } else {
    at->SeekForPrev(end);
    if (at->Valid() && at->key() == rocksdb::Slice(end)) at->Prev();
  }
  for (; at->Valid() && at->key().starts_with(slice(prefix)); at->Prev()) {
    if (!visit(at->key().ToStringView(), at->value().ToStringView())) return ok_status();
  }
  return status_of(at->status());
}

Result<std::optional<std::string>> RocksdbStore::get(std::string_view key) {
  if (!db_) return kNotOpen;
  std::string value;
  const rocksdb::Status status = db_->Get({}, slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return status_of(status);
  return std::optional<std::string>(std::move(value));
}

}  // namespace flotilla::controller
