#include "controller/app/cli/model_source.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "controller/adapters/sha256_stream.h"
#include "controller/adapters/small_file.h"

namespace flotilla::controller::app {

namespace {

constexpr size_t kMaxManifest = size_t{64} << 20;
constexpr size_t kHashSlice = size_t{16} << 20;

void warn(const std::string& path, const std::string& explanation) {
  std::fprintf(stderr, "flotilla: %s is taken as bytes: %s\n", path.c_str(), explanation.c_str());
}

}  // namespace

bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code none;
  return std::filesystem::equivalent(a, b, none);
}

std::string file_failure(const char* what, const std::string& path, Status status) {
  return std::string("cannot ") + what + " " + path + ": " + status.reason();
}

bool open_model(Session& session, const std::string& path, const std::string& manifest,
                ModelSource& out) {
  const auto file = MappedFile::open(path);
  if (!file.ok()) {
    session.fail(kExitRefused, file_failure("read", path, file.status()), "check the path");
    return false;
  }
  out.file = file.value();
  std::string explanation;
  auto model = read_model(out.file->bytes(), &explanation);
  const bool unknown = model.ok() && model.value().format == ModelFormat::kUnknown;
  if (unknown || !manifest.empty()) {
    const std::string name = manifest.empty() ? path + ".json" : manifest;
    const auto text = read_small_file(name, kMaxManifest);
    if (!text.ok() && !manifest.empty()) {
      session.fail(kExitRefused, file_failure("read", name, text.status()), "check the path");
      return false;
    }
    if (text.ok()) model = read_tfjs(out.file->bytes(), text.value(), &explanation);
  }
  if (model.ok()) {
    out.model = std::move(model.value());
  } else {
    warn(path, explanation);
  }
  return true;
}

Digest digest_of(const MappedFile& file) {
  Sha256Stream hash;
  for (Bytes rest = file.bytes(); !rest.empty();) {
    const Bytes slice = rest.first(std::min(rest.size(), kHashSlice));
    hash.append(slice);
    rest = rest.subspan(slice.size());
    file.release();
  }
  return hash.finish();
}

Digest digest_of(Bytes bytes) {
  Sha256Stream hash;
  hash.append(bytes);
  return hash.finish();
}

}  // namespace flotilla::controller::app
