#pragma once

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
/// never precedes.
class RocksdbStore final : public Store {
 public:
  struct Options {
    std::string folder;
    DiskReserve reserve;
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
  Result<std::optional<std::string>> get(std::string_view key) override;

 private:
  RocksdbStore(const Options& options, rocksdb::DB* db);

  const Options options_;
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace flotilla::controller
