#pragma once

#include <map>
#include <memory>
#include <string>

#include "controller/ports/artifact_store.h"
#include "schemas/protocol/hasher.h"

namespace flotilla::sim {

/// Artifacts in memory; `full` makes it refuse new ones.
class MemoryArtifacts final : public controller::ArtifactStore {
 public:
  explicit MemoryArtifacts(Hasher& hasher) : hasher_(hasher) {}

  Digest add(std::string_view bytes) {
    const Digest digest = hasher_.sha256({as_bytes(bytes)});
    auto words = std::make_shared<Words>();
    words->assign(bytes.size() / sizeof(uint64_t) + 1, 0);
    copy(as_bytes(bytes), {reinterpret_cast<uint8_t*>(words->data()), bytes.size()});
    files_[digest] = {std::move(words), bytes.size()};
    return digest;
  }

  Result<std::shared_ptr<controller::ArtifactWriter>> create() override {
    if (full) return Status(Code::kResourceExhausted, "the disk is full");
    return std::shared_ptr<controller::ArtifactWriter>(std::make_shared<Writer>(*this));
  }
  Result<std::shared_ptr<controller::ArtifactView>> open(const Digest& digest) override {
    const auto found = files_.find(digest);
    if (found == files_.end()) return Status(Code::kNotFound, "no such artifact");
    return std::shared_ptr<controller::ArtifactView>(std::make_shared<View>(found->second));
  }
  bool contains(const Digest& digest) override { return files_.contains(digest); }
  Status remove(const Digest& digest) override {
    files_.erase(digest);
    return ok_status();
  }

  bool full = false;

 private:
  using Words = std::vector<uint64_t>;  // mapped files are aligned as well
  struct File {
    std::shared_ptr<Words> words;
    size_t size = 0;
  };

  class View final : public controller::ArtifactView {
   public:
    explicit View(File file) : file_(std::move(file)) {}
    Bytes bytes() const override {
      return {reinterpret_cast<const uint8_t*>(file_.words->data()), file_.size};
    }

   private:
    File file_;
  };

  class Writer final : public controller::ArtifactWriter {
   public:
    explicit Writer(MemoryArtifacts& store) : store_(store) {}
    Status append(Bytes bytes) override {
      content_ += as_text(bytes);
      return ok_status();
    }
    Result<Digest> finish() override { return store_.add(content_); }

   private:
    MemoryArtifacts& store_;
    std::string content_;
  };

  Hasher& hasher_;
  std::map<Digest, File> files_;
};

}  // namespace flotilla::sim
