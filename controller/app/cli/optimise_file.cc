#include "controller/app/cli/optimise_file.h"

#include "controller/adapters/mapped_file.h"
#include "controller/adapters/output_file.h"
#include "controller/api/optimise/step_record.h"
#include "controller/api/views.h"
#include "controller/app/cli/interrupts.h"
#include "controller/app/cli/model_source.h"
#include "controller/app/cli/step_line.h"
#include "controller/app/cli/table.h"
#include "controller/artifact/inspect/inspect_model.h"
#include "controller/artifact/optimise/built_in.h"

namespace flotilla::controller::app {

namespace {

std::string percent(double share) {
  char text[16];
  std::snprintf(text, sizeof text, "%.2f %%", 100 * share);
  return text;
}

/// One run of `model optimise FILE`.
class FileRun {
 public:
  FileRun(Session& session, const FileOrder& order) : session_(session), order_(order) {}

  void run() {
    if (!read_steps() || !open()) return;
    for (const OptimiseStep& step : steps_) {
      if (interrupts_.raised()) return session_.fail(kExitRefused, "interrupted", "");
      if (!take(step)) return;
    }
    if (write()) tell();
  }

 private:
  bool read_steps() {
    OptimiseFault fault;
    for (const std::string& text : order_.steps) {
      OptimiseStep step;
      const Status read = parse_step(text, step, fault);
      if (!read.ok()) return refuse(kExitUsage, fault.message, fault.remedy);
      steps_.push_back(std::move(step));
    }
    return true;
  }

  bool open() {
    const auto file = MappedFile::open(order_.file);
    if (!file.ok()) {
      return refuse(kExitRefused, file_failure("read", order_.file, file.status()),
                    "check the path");
    }
    if (is_same_file(order_.file, order_.output)) {
      return refuse(kExitUsage, order_.output + " is the model itself: it would be lost",
                    "name another file");
    }
    file_ = file.value();
    digest_ = digest_of(*file_);
    return true;
  }

  Bytes newest() const { return made_.empty() ? file_->bytes() : as_bytes(made_); }

  bool take(const OptimiseStep& step) {
    StepLine line;
    line.show(step_text(step), records_.size() + 1, steps_.size());
    OptimiseFault fault;
    auto made = run_built_in(newest(), step, fault);
    if (!made.ok()) {
      return refuse(kExitRefused, order_.file + ", " + step_text(step) + ": " + fault.message,
                    fault.remedy);
    }
    api::StepRecord record;
    record.step = step;
    record.tool = kBuiltInTool;
    record.version = kBuiltInVersion;
    record.input = digest_;
    record.input_size = newest().size();
    made_ = std::move(made.value());
    digest_ = digest_of(as_bytes(made_));
    record.output = digest_;
    record.output_size = made_.size();
    if (!measure(record)) return false;
    records_.push_back(std::move(record));
    return true;
  }

  bool measure(api::StepRecord& record) {
    InspectFault fault;
    const auto facts = inspect_model(as_bytes(made_), {interrupts_.raised(), {}}, &fault);
    if (!facts.ok()) return refuse(kExitRefused, fault.message, fault.remedy);
    api::take_measured(facts.value().weights, record);
    return true;
  }

  bool write() {
    const auto existing =
        order_.force ? OutputFile::Existing::kReplace : OutputFile::Existing::kKeep;
    const Status status = write_whole(order_.output, existing, as_bytes(made_));
    if (status.ok()) return true;
    const bool exists = status.code() == Code::kAlreadyExists;
    return refuse(kExitRefused, file_failure("write", order_.output, status),
                  exists ? "name another file, or replace it with --force"
                         : "check the folder and its free space");
  }

  void tell() {
    api::Json chain = api::Json::array();
    for (const api::StepRecord& record : records_) chain.push_back(api::step_json(record));
    const uint64_t before = file_->bytes().size();
    if (session_.print_json({{"file", order_.output},
                             {"bytes", made_.size()},
                             {"input_bytes", before},
                             {"digest", api::digest_json(digest_)},
                             {"optimisation", chain}})) {
      return;
    }
    std::fputs(chain_text(chain).c_str(), stdout);
    std::printf("%s: %llu bytes, %.3f of %s\n", order_.output.c_str(),
                static_cast<unsigned long long>(made_.size()),
                static_cast<double>(made_.size()) / static_cast<double>(before),
                order_.file.c_str());
  }

  bool refuse(int code, const std::string& message, const std::string& remedy) {
    session_.fail(code, message, remedy);
    return false;
  }

  Session& session_;
  const FileOrder& order_;
  Interrupts interrupts_;
  std::shared_ptr<MappedFile> file_;
  std::vector<OptimiseStep> steps_;
  std::vector<api::StepRecord> records_;
  std::string made_;  ///< by the newest step
  Digest digest_;     ///< of it
};

}  // namespace

void optimise_file(Session& session, const FileOrder& order) {
  FileRun(session, order).run();
}

std::string chain_text(const api::Json& chain) {
  Table table({"STEP", "BYTES", "ZEROS", "SCALES", "INPUT", "OUTPUT"});
  for (const api::Json& entry : chain) {
    const api::Json& parameters = entry.contains("parameters") ? entry["parameters"] : entry;
    const std::string text = field(parameters, "step");
    const bool is_measured = entry.contains("measured_sparsity");
    table.add({text == "-" ? field(entry, "op") : text, field(entry, "output_bytes"),
               is_measured ? percent(entry["measured_sparsity"].get<double>()) : "-",
               field(entry, "granularity"), digest(entry, "input_digest"),
               digest(entry, "output_digest")});
  }
  return table.text();
}

}  // namespace flotilla::controller::app
