#include <CLI/CLI.hpp>
#include <algorithm>

#include "controller/adapters/output_file.h"
#include "controller/adapters/sha256_stream.h"
#include "controller/app/cli/interrupts.h"
#include "controller/app/cli/model_source.h"
#include "controller/app/cli/step_line.h"
#include "controller/app/cli/verbs.h"
#include "controller/artifact/delta/chunk_decoder.h"
#include "controller/artifact/delta/delta_file.h"

namespace flotilla::controller::app {

namespace {

struct ApplyOrder {
  std::string old_file;
  std::string delta;
  std::string output;
  bool force = false;
};

/// One run of `model apply`.
class ApplyRun {
 public:
  ApplyRun(Session& session, const ApplyOrder& order) : session_(session), order_(order) {}

  void run() {
    if (!read_delta() || !read_base()) return;
    if (is_same_file(order_.output, order_.delta)) {
      return session_.fail(kExitUsage, order_.output + " is the delta: it would be lost",
                           "name another file");
    }
    const auto existing =
        order_.force ? OutputFile::Existing::kReplace : OutputFile::Existing::kKeep;
    Status status = output_.open(order_.output, existing);
    if (!status.ok()) return cannot_write(status);
    if (!decode()) return;
    status = output_.finish();
    if (!status.ok()) return cannot_write(status);
    tell();
  }

 private:
  bool read_delta() {
    const auto file = MappedFile::open(order_.delta);
    if (!file.ok()) return cannot_read(order_.delta, file.status());
    delta_file_ = file.value();
    auto delta = DeltaFile::open(delta_file_->bytes());
    if (!delta.ok()) {
      const bool damaged = delta.status().code() == Code::kDataLoss;
      session_.fail(kExitRefused, order_.delta + ": " + delta.status().reason(),
                    damaged ? "fetch the delta again"
                            : "name a file that 'flotilla model delta' of this version wrote");
      return false;
    }
    delta_ = std::move(delta.value());
    return true;
  }

  bool read_base() {
    if (delta_.head().base_size == 0) return true;
    const auto file = MappedFile::open(order_.old_file);
    if (!file.ok()) return cannot_read(order_.old_file, file.status());
    base_file_ = file.value();
    base_ = base_file_->bytes();
    const DeltaFileHead& head = delta_.head();
    if (base_.size() == head.base_size && mark_of(digest_of(*base_file_)) == head.base) return true;
    session_.fail(kExitRefused,
                  order_.old_file + " is not the file that the delta was made from: that one has " +
                      std::to_string(head.base_size) + " bytes and SHA-256 " + hex(head.base) +
                      "...",
                  "name that file as OLD");
    return false;
  }

  bool decode() {
    ChunkDecoder decoder(delta_.head().decoder_memory);
    std::vector<uint8_t> out;
    StepLine line;
    size_t done = 0;
    for (const DeltaFile::Part& part : delta_.parts()) {
      if (interrupts_.raised()) return fail("interrupted; nothing was written", "");
      out.resize(part.output_length);
      const Status decoded = decoder.decode(base_, part.output_offset, out, part.payload);
      if (!decoded.ok()) return altered();
      hash_.append(out);
      const Status written = output_.append(out);
      if (!written.ok()) {
        cannot_write(written);
        return false;
      }
      line.show("decoding", ++done, delta_.parts().size());
    }
    return mark_of(hash_.finish()) == delta_.head().target || altered();
  }

  bool altered() {
    return fail(order_.delta + ": the delta was altered; nothing was written",
                "fetch the delta again");
  }
  bool cannot_read(const std::string& path, Status status) {
    return fail(file_failure("read", path, status), "check the path");
  }
  void cannot_write(Status status) {
    const bool exists = status.code() == Code::kAlreadyExists;
    fail(file_failure("write", order_.output, status),
         exists ? "name another file, or replace it with --force"
                : "check the folder and its free space");
  }
  bool fail(const std::string& message, const std::string& remedy) {
    session_.fail(kExitRefused, message, remedy);
    return false;
  }

  void tell() {
    const uint64_t size = delta_.head().target_size;
    const api::Json document = {
        {"file", order_.output}, {"bytes", size}, {"chunks", delta_.parts().size()}};
    if (session_.print_json(document)) return;
    std::printf("%s: %llu bytes, as the delta promises\n", order_.output.c_str(),
                static_cast<unsigned long long>(size));
  }

  static std::string hex(const FileMark& mark) {
    Digest digest;
    copy(mark, digest.bytes);
    return std::string(to_hex(digest).view().substr(0, 16));
  }

  Session& session_;
  const ApplyOrder& order_;
  Interrupts interrupts_;
  OutputFile output_;
  std::shared_ptr<MappedFile> delta_file_;
  std::shared_ptr<MappedFile> base_file_;
  DeltaFile delta_;
  Bytes base_;
  Sha256Stream hash_;
};

}  // namespace

void add_apply_verb(CLI::App& noun, Session& session) {
  auto* verb = noun.add_subcommand("apply", "Make NEW from OLD and a delta file (no server)");
  auto order = std::make_shared<ApplyOrder>();
  verb->add_option("OLD", order->old_file, "Model file that the delta was made from")->required();
  verb->add_option("DELTA", order->delta, "Delta file")->required();
  verb->add_option("--output", order->output, "Model file to write")->required();
  verb->add_flag("--force", order->force, "Replace a file that exists");
  verb->callback([&session, order] { ApplyRun(session, *order).run(); });
}

}  // namespace flotilla::controller::app
