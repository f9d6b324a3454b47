#include <CLI/CLI.hpp>
#include <chrono>
#include <new>
#include <tuple>

#include "controller/adapters/output_file.h"
#include "controller/app/cli/delta_document.h"
#include "controller/app/cli/delta_page.h"
#include "controller/app/cli/interrupts.h"
#include "controller/app/cli/loss_table.h"
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
  std::string write_new;
  double step = 0;  ///< of --delta-aware; counts with write_new
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
    if (is_rounding() && !check_step(order_.step).ok()) return refuse_step();
    if (!open_outputs() || !open_inputs()) return;
    if (is_rounding()) {
      const Status rounded = round();
      if (!rounded.ok()) return refuse(rounded);
    }
    Result<SmallestFile> delta = encode();
    if (!delta.ok()) return refuse(delta.status());
    const Status written = write(delta.value().file);
    if (!written.ok()) return cannot_write(order_.output, written);
    if (is_rounding() && !write_new()) return;
    const auto passed = std::chrono::steady_clock::now() - started;
    tell(delta.value(), std::chrono::duration<double>(passed).count());
  }

 private:
  bool is_rounding() const { return !order_.write_new.empty(); }
  /// What the delta leads to.
  Bytes target() const { return is_rounding() ? as_bytes(rounded_.file) : new_.file->bytes(); }

  bool open_outputs() {
    return open_output(output_, order_.output) && open_output(report_, order_.report) &&
           open_output(new_output_, order_.write_new);
  }
  bool open_output(OutputFile& file, const std::string& path) {
    if (path.empty()) return true;
    if (is_same_file(path, order_.old_file) || is_same_file(path, order_.new_file)) {
      session_.fail(kExitUsage, path + " is one of the two models: it would be lost",
                    "name another file");
      return false;
    }
    const Status status = file.open(path, order_.existing());
    if (!status.ok()) cannot_write(path, status);
    return status.ok();
  }

  bool open_inputs() {
    return open_model(session_, order_.old_file, order_.old_manifest, old_) &&
           open_model(session_, order_.new_file, order_.new_manifest, new_) &&
           fits(order_.old_file, old_) && fits(order_.new_file, new_) && has_bytes();
  }
  bool fits(const std::string& path, const ModelSource& model) {
    if (model.file->bytes().size() <= kMaxImageSize) return true;
    session_.fail(kExitUsage, path + " is larger than 2 GiB - 1, the most that a delta can hold",
                  "name a smaller model, or split this one");
    return false;
  }
  bool has_bytes() {
    if (!new_.file->bytes().empty()) return true;
    session_.fail(kExitUsage, order_.new_file + " is empty", "name the model as NEW");
    return false;
  }

  EncodeInput input(Bytes target) const {
    return {old_.file->bytes(), old_.model, target, new_.model};
  }
  /// Shows how far it is, and gives back the files' pages as it goes.
  EncodeWatch watch(StepLine& line) {
    return {interrupts_.raised(), [this, &line](const EncodeProgress& now) {
              line.show(now.step, now.done, now.total);
              if (now.done % kReleaseEach != 0) return;
              old_.file->release();
              new_.file->release();
            }};
  }

  Status round() {
    ThreadTeam team(order_.threads);
    StepLine line;
    auto rounded = round_update(input(new_.file->bytes()), order_.step, team, watch(line));
    if (rounded.ok()) rounded_ = std::move(rounded.value());
    return rounded.status();
  }

  Result<SmallestFile> encode() {
    ThreadTeam team(order_.threads);
    StepLine line;
    return encode_smallest(input(target()), order_.limits, team, watch(line));
  }

  bool write_new() {
    Status status = new_output_.append(target());
    if (status.ok()) status = new_output_.finish();
    if (!status.ok()) cannot_write(order_.write_new, status);
    return status.ok();
  }

  Status write(const EncodedFile& encoded) {
    DeltaFileHead head;
    head.decoder_memory = encoded.decoder_memory;
    head.erase_unit = order_.limits.erase_unit;
    if (encoded.needs_base) {
      head.base_size = old_.file->bytes().size();
      head.base = mark_of(digest_of(*old_.file));
    }
    head.target_size = target().size();
    head.target = mark_of(is_rounding() ? digest_of(target()) : digest_of(*new_.file));
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
    facts.new_file = is_rounding() ? order_.write_new : order_.new_file;
    facts.output = order_.output;
    facts.old_bytes = old_.file->bytes().size();
    facts.new_bytes = target().size();
    facts.file_bytes = file_bytes_;
    facts.seconds = seconds;
    facts.old_format = format_name(old_.model.format);
    facts.new_format = format_name(new_.model.format);
    api::Json document = delta_document(facts, delta);
    if (is_rounding()) {
      document["delta_aware"] = rounding_document(order_.new_file, order_.step, rounded_);
    }
    if (!order_.report.empty()) {
      Status status = report_.append(as_bytes(delta_page(document)));
      if (status.ok()) status = report_.finish();
      if (!status.ok()) return cannot_write(order_.report, status);
    }
    if (session_.print_json(document)) return;
    const size_t shown = order_.all ? SIZE_MAX : kShownTensors;
    std::fputs(delta_text(document, shown, terminal_width()).c_str(), stdout);
    if (!is_rounding()) return;
    const api::Json& rounding = document["delta_aware"];
    std::printf("\n%s is %s with %s tensors rounded, %s kept\n%s", order_.write_new.c_str(),
                order_.new_file.c_str(), field(rounding, "tensors_rounded").c_str(),
                field(rounding, "tensors_kept").c_str(),
                loss_table(rounding["tensors"], rounding, order_.all).c_str());
  }

  void refuse_step() {
    session_.fail(kExitUsage, "--delta-aware is not a number from 0.001 to 1",
                  "give a part of what the update typically changes, such as 0.25");
  }

  void refuse(Status status) {
    if (status.code() == Code::kAborted) {
      return session_.fail(kExitRefused, "interrupted; nothing was written", "");
    }
    if (status.code() == Code::kFailedPrecondition) {
      return session_.fail(kExitRefused, std::string("cannot round: ") + status.reason(),
                           "leave --delta-aware out, or give files whose weights continue");
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
  OutputFile new_output_;
  ModelSource old_;
  ModelSource new_;
  RoundedUpdate rounded_;
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
  PayloadLimits& limits = order->limits;
  for (const auto& [name, value, text] :
       {std::tuple{"--chunk-max", &limits.chunk_max,
                   "Payload bytes of a chunk, at most (16384, 16K)"},
        std::tuple{"--erase-unit", &limits.erase_unit,
                   "Chunks begin at multiples of it (4096, 4K)"},
        std::tuple{"--decoder-memory", &limits.decoder_memory,
                   "Bytes that decoding may take; 0: any"}}) {
    verb->add_option(name, *value, text)->capture_default_str()->transform(CLI::AsSizeValue(false));
  }
  verb->add_option("--threads", order->threads, "Threads; 0: all the machine has");
  verb->add_option("--report", order->report, "Page of HTML to write: what each tensor costs");
  auto* step = verb->add_option("--delta-aware", order->step, kStepHelp)->type_name("STEP");
  auto* write_new = verb->add_option("--write-new", order->write_new,
                                     "File to write: NEW, rounded, which the delta then leads to");
  step->needs(write_new);
  write_new->needs(step);
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
