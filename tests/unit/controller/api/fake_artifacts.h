#pragma once

#include <map>
#include <string>

#include "controller/ports/artifact_store.h"
#include "schemas/protocol/hasher.h"

namespace flotilla::testing {

/// Artifacts in memory; full when told so.
class FakeArtifacts : public controller::ArtifactStore {
 public:
  virtual ~FakeArtifacts() = default;

  explicit FakeArtifacts(Hasher& hasher) : hasher_(hasher) {}

  Digest put(const std::string& bytes) {
    const Digest digest = hasher_.sha256({as_bytes(bytes)});
    files[digest] = bytes;
    return digest;
  }

  Result<std::shared_ptr<controller::ArtifactWriter>> create() override {
    if (full) return Status(Code::kResourceExhausted, "the disk is full");
    return std::shared_ptr<controller::ArtifactWriter>(std::make_shared<Writer>(*this));
  }

  Result<std::shared_ptr<controller::ArtifactView>> open(const Digest& digest) override {
    const auto found = files.find(digest);
    if (found == files.end()) return Status(Code::kNotFound, "no such artifact");
    return std::shared_ptr<controller::ArtifactView>(std::make_shared<View>(found->second));
  }

  bool contains(const Digest& digest) override { return files.contains(digest); }
  Status remove(const Digest& digest) override {
    files.erase(digest);
    return ok_status();
  }

  std::map<Digest, std::string> files;
  bool full = false;

 private:
  class Writer final : public controller::ArtifactWriter {
   public:
    explicit Writer(FakeArtifacts& owner) : owner_(owner) {}
    Status append(Bytes bytes) override {
      text_ += as_text(bytes);
      return ok_status();
    }
    Result<Digest> finish() override { return owner_.put(text_); }

   private:
    FakeArtifacts& owner_;
    std::string text_;
  };

  class View final : public controller::ArtifactView {
   public:
    explicit View(std::string text) : text_(std::move(text)) {}
    Bytes bytes() const override { return as_bytes(text_); }

   private:
    std::string text_;
  };

  Hasher& hasher_;
};

}  // namespace flotilla::testing
