#include <CLI/CLI.hpp>
#include <chrono>
#include <new>

#include "controller/adapters/output_file.h"
#include "controller/app/cli/delta_document.h"
#include "controller/app/cli/delta_page.h"
#include "controller/app/cli/interrupts.h"
#include "controller/app/cli/model_source.h"
#include "controller/app/cli/step_line.h"
#include "controller/app/cli/table.h"
#include "controller/app/cli/verbs.h"
#include "controller/app/thread_team.h"
#include "controller/artifact/delta/delta_file.h"

namespace flotilla::controller::app {

namespace {

constexpr size_t kShownTensors = 20;

struct DeltaOrder {
  std::string old_file;
  std::string new_file;
  std::string output;
  std::string old_manifest;
  std::string new_manifest;
  std::string report;
  PayloadLimits limits;
  size_t threads = 0;
  bool all = false;
  bool force = false;

  OutputFile::Existing existing() const {
    return force ? OutputFile::Existing::kReplace : OutputFile::Existing::kKeep;
  }
};

/// One run of `model delta`.
class DeltaRun {
 public:
  DeltaRun(Session& session, const DeltaOrder& order) : session_(session), order_(order) {}

  void run() {
    const auto started = std::chrono::steady_clock::now();
    if (!open_outputs() || !open_inputs()) return;
    Result<SmallestFile> delta = encode();
    if (!delta.ok()) return refuse(delta.status());
    const Status written = write(delta.value().file);
    if (!written.ok()) return cannot_write(order_.output, written);
    const auto passed = std::chrono::steady_clock::now() - started;
    tell(delta.value(), std::chrono::duration<double>(passed).count());
  }

 private:
  bool open_outputs() {
    const Status delta = output_.open(order_.output, order_.existing());
    if (!delta.ok()) cannot_write(order_.output, delta);
    if (!delta.ok() || order_.report.empty()) return delta.ok();
    const Status report = report_.open(order_.report, order_.existing());
    if (!report.ok()) cannot_write(order_.report, report);
    return report.ok();
  }

  bool open_inputs() {
    return open_model(session_, order_.old_file, order_.old_manifest, old_) &&
           open_model(session_, order_.new_file, order_.new_manifest, new_);
  }

  Result<SmallestFile> encode() {
    EncodeInput input;
    input.base = old_.file->bytes();
    input.base_model = old_.model;
    input.target = new_.file->bytes();
    input.target_model = new_.model;
    ThreadTeam team(order_.threads);
    StepLine line;
    const auto progress = [&](const EncodeProgress& now) {
      line.show(now.step, now.done, now.total);
      if (now.done % kReleaseEach == 0) {
        old_.file->release();
        new_.file->release();
      }
    };
    return encode_smallest(input, order_.limits, team, {interrupts_.raised(), progress});
  }

  Status write(const EncodedFile& encoded) {
    DeltaFileHead head;
    head.decoder_memory = encoded.decoder_memory;
    head.erase_unit = order_.limits.erase_unit;
    if (encoded.needs_base) {
      head.base_size = old_.file->bytes().size();
      head.base = mark_of(digest_of(*old_.file));
    }
    head.target_size = new_.file->bytes().size();
    head.target = mark_of(digest_of(*new_.file));
    const std::string start = delta_file_head(head, encoded.chunks);
    file_bytes_ = start.size() + encoded.payload_size;
    FLOTILLA_TRY(output_.append(as_bytes(start)));
    for (const EncodedChunk& chunk : encoded.chunks) {
      FLOTILLA_TRY(output_.append(as_bytes(chunk.payload)));
    }
    return output_.finish();
  }

  void tell(const SmallestFile& delta, double seconds) {
    DeltaFacts facts;
    facts.old_file = order_.old_file;
    facts.new_file = order_.new_file;
    facts.output = order_.output;
    facts.old_bytes = old_.file->bytes().size();
    facts.new_bytes = new_.file->bytes().size();
    facts.file_bytes = file_bytes_;
    facts.seconds = seconds;
    facts.old_format = format_name(old_.model.format);
    facts.new_format = format_name(new_.model.format);
    const api::Json document = delta_document(facts, delta);
    if (!order_.report.empty()) {
      Status status = report_.append(as_bytes(delta_page(document)));
      if (status.ok()) status = report_.finish();
      if (!status.ok()) return cannot_write(order_.report, status);
    }
    if (session_.print_json(document)) return;
    const size_t shown = order_.all ? SIZE_MAX : kShownTensors;
    std::fputs(delta_text(document, shown, terminal_width()).c_str(), stdout);
  }

  void refuse(Status status) {
    if (status.code() == Code::kAborted) {
      return session_.fail(kExitRefused, "interrupted; nothing was written", "");
    }
    const bool limits =
        status.code() == Code::kInvalidArgument || status.code() == Code::kResourceExhausted;
    session_.fail(limits ? kExitUsage : kExitRefused,
                  std::string("cannot encode: ") + status.reason(),
                  limits ? "change --chunk-max, --erase-unit or --decoder-memory" : "");
  }

  void cannot_write(const std::string& path, Status status) {
    const bool exists = status.code() == Code::kAlreadyExists;
    session_.fail(kExitRefused, file_failure("write", path, status),
                  exists ? "name another file, or replace it with --force"
                         : "check the folder and its free space");
  }

  /// Jobs between two releases of the files' pages: together they bound the resident part.
  static constexpr size_t kReleaseEach = 8;

  Session& session_;
  const DeltaOrder& order_;
  Interrupts interrupts_;
  OutputFile output_;
  OutputFile report_;
  ModelSource old_;
  ModelSource new_;
  uint64_t file_bytes_ = 0;
};

}  // namespace

void add_delta_verb(CLI::App& noun, Session& session) {
  auto* verb = noun.add_subcommand("delta", "Encode NEW as a difference from OLD (no server)");
  auto order = std::make_shared<DeltaOrder>();
  verb->add_option("OLD", order->old_file, "Model file that the other side has")->required();
  verb->add_option("NEW", order->new_file, "Model file that it shall have")->required();
  verb->add_option("--output", order->output, "Delta file to write")->required();
  verb->add_option("--old-manifest", order->old_manifest,
                   "model.json of tfjs shards; OLD.json is found by itself");
  verb->add_option("--new-manifest", order->new_manifest, "The same of NEW");
  verb->add_option("--chunk-max", order->limits.chunk_max, "Payload bytes of a chunk, at most")
      ->capture_default_str();
  verb->add_option("--erase-unit", order->limits.erase_unit, "Chunks begin at multiples of it")
      ->capture_default_str();
  verb->add_option("--decoder-memory", order->limits.decoder_memory,
                   "Bytes that decoding may take; 0: any")
      ->capture_default_str();
  verb->add_option("--threads", order->threads, "Threads; 0: all the machine has");
  verb->add_option("--report", order->report, "Page of HTML to write: what each tensor costs");
  verb->add_flag("--all", order->all, "List every tensor");
  verb->add_flag("--force", order->force, "Replace files that exist");
  verb->callback([&session, order] {
    try {
      DeltaRun(session, *order).run();
    } catch (const std::bad_alloc&) {
      session.fail(kExitRefused, "there is not enough memory to encode these files",
                   "use fewer --threads, or a machine with more");
    }
  });
}

}  // namespace flotilla::controller::app
