#include "controller/adapters/rocksdb_store.h"

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <filesystem>

namespace flotilla::controller {
namespace {

constexpr size_t kWriteBuffer = 8u << 20;
constexpr uint64_t kMaxLog = 64u << 20;

rocksdb::Options database_options() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.recycle_log_file_num = 0;  // a recycled log hides where the last write ended
  options.wal_bytes_per_sync = 0;
  options.write_buffer_size = kWriteBuffer;
  options.max_write_buffer_number = 2;
  options.max_total_wal_size = kMaxLog;
  options.max_open_files = 256;
  options.keep_log_file_num = 4;
  options.info_log_level = rocksdb::WARN_LEVEL;
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

}  // namespace

std::unique_ptr<RocksdbStore> RocksdbStore::open(const Options& options, std::string& failure) {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) {
    failure = "the folder " + options.folder + " cannot be made: " + error.message();
    return nullptr;
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(database_options(), options.folder, &db);
  if (!status.ok()) {
    failure = explain_open(options.folder, status);
    return nullptr;
  }
  return std::unique_ptr<RocksdbStore>(new RocksdbStore(options, db));
}

RocksdbStore::RocksdbStore(const Options& options, rocksdb::DB* db) : options_(options), db_(db) {}

RocksdbStore::~RocksdbStore() = default;

Status RocksdbStore::commit(const std::vector<Write>& batch) {
  if (batch.empty()) return ok_status();
  FLOTILLA_TRY(check_reserve(options_.folder, options_.reserve));
  rocksdb::WriteBatch writes;
  for (const Write& write : batch) {
    const rocksdb::Status added = write.value ? writes.Put(slice(write.key), slice(*write.value))
                                              : writes.Delete(slice(write.key));
    FLOTILLA_TRY(status_of(added));
  }
  rocksdb::WriteOptions durable;
  durable.sync = true;
  return status_of(db_->Write(durable, &writes));
}

Status RocksdbStore::scan(
    std::string_view prefix,
    const std::function<bool(std::string_view key, std::string_view value)>& visit) {
  const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}));
  for (at->Seek(slice(prefix)); at->Valid() && at->key().starts_with(slice(prefix)); at->Next()) {
    if (!visit(at->key().ToStringView(), at->value().ToStringView())) return ok_status();
  }
  return status_of(at->status());
}

Result<std::optional<std::string>> RocksdbStore::get(std::string_view key) {
  std::string value;
  const rocksdb::Status status = db_->Get({}, slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return status_of(status);
  return std::optional<std::string>(std::move(value));
}

}  // namespace flotilla::controller
