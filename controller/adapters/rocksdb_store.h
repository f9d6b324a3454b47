#pragma once

#include <functional>
#include <memory>
#include <string>

#include "controller/adapters/disk_reserve.h"
#include "controller/ports/store.h"

namespace rocksdb {
class DB;
}  // namespace rocksdb

namespace flotilla::controller {

/// Store over RocksDB: one column family; every commit is one synced write batch. After a crash the
/// log is replayed up to the first damaged record (kPointInTimeRecovery), which a synced batch
/// never precedes. After a failed write the database is opened anew: what the write has left in the
/// log is unknown, and the library would refuse others until it recovers in its own time.
class RocksdbStore final : public Store {
 public:
  struct Options {
    std::string folder;
    DiskReserve reserve;
    std::function<void(const std::string& line)> log = {};  ///< the library's warnings; any thread
  };

  /// Makes the folder when it is missing. Null with the reason in `failure`, in words for people.
  static std::unique_ptr<RocksdbStore> open(const Options& options, std::string& failure);
  ~RocksdbStore();
  RocksdbStore(const RocksdbStore&) = delete;
  RocksdbStore& operator=(const RocksdbStore&) = delete;

  Status commit(const std::vector<Write>& batch) override;
  Status scan(
      std::string_view prefix,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) override;
  Status scan_back(
      std::string_view prefix, std::string_view before,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) override;
  Result<std::optional<std::string>> get(std::string_view key) override;

 private:
  RocksdbStore(const Options& options, std::unique_ptr<rocksdb::DB> db);

  Status reopen();

  const Options options_;
  std::unique_ptr<rocksdb::DB> db_;  ///< null: it could not be opened anew
  bool write_failed_ = false;        ///< since it was opened
};

}  // namespace flotilla::controller
