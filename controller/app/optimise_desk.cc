#include "controller/app/optimise_desk.h"

#include <exception>
#include <new>

#include "controller/app/command_step.h"
#include "controller/artifact/inspect/inspect_model.h"
#include "controller/artifact/optimise/built_in.h"

namespace flotilla::controller::app {

namespace {

using Optimised = std::shared_ptr<const api::OptimisedImage>;

/// The steps of one order, one after the other.
class ChainRun {
 public:
  ChainRun(const OptimiseDesk::Parts& parts, const api::OptimiseOrder& order)
      : parts_(parts), order_(order) {}

  Result<Optimised> run(const std::function<void(const EncodeProgress&)>& tell) {
    Digest image = order_.image;
    for (size_t i = 0; i < order_.steps.size(); ++i) {
      tell({step_kind_name(order_.steps[i].kind), i, order_.steps.size()});
      api::StepRecord record;
      record.step = order_.steps[i];
      record.input = image;
      OptimiseFault fault;
      const Status done = take_and_measure(record, fault);
      if (!done.ok()) {
        if (fault.message.empty()) return done;
        out_->fault = std::move(fault);
        return Optimised(std::move(out_));
      }
      image = record.output;
      out_->records.push_back(std::move(record));
    }
    return Optimised(std::move(out_));
  }

 private:
  /// An error of the file system's that is thrown is the step's fault, in its own words.
  Status take_and_measure(api::StepRecord& record, OptimiseFault& fault) {
    try {
      FLOTILLA_TRY(take(record, fault));
      return measure(record, fault);
    } catch (const std::bad_alloc&) {
      throw;  // the desk tells it
    } catch (const std::exception& error) {
      fault = {"step '" + step_text(record.step) + "': " + error.what(),
               "repeat the request later"};
      return {Code::kUnavailable, "a step ended with an error of the system's"};
    }
  }

  Status take(api::StepRecord& record, OptimiseFault& fault) {
    const auto view = parts_.artifacts.open(record.input);
    if (!view.ok()) return view.status();
    record.input_size = view.value()->bytes().size();
    if (!record.step.is_built_in()) {
      return run_command_step(parts_.commands, parts_.artifacts, order_.hardware_class,
                              parts_.workers.cancelled(), record, fault);
    }
    record.tool = kBuiltInTool;
    record.version = kBuiltInVersion;
    const auto made = run_built_in(view.value()->bytes(), record.step, fault);
    if (!made.ok()) {
      fault.message = "step '" + step_text(record.step) + "': " + fault.message;
      return made.status();
    }
    const auto writer = parts_.artifacts.create();
    if (!writer.ok()) return writer.status();
    FLOTILLA_TRY(writer.value()->append(as_bytes(made.value())));
    const auto digest = writer.value()->finish();
    if (!digest.ok()) return digest.status();
    record.output = digest.value();
    record.output_size = made.value().size();
    return ok_status();
  }

  Status measure(api::StepRecord& record, OptimiseFault& fault) {
    const auto view = parts_.artifacts.open(record.output);
    if (!view.ok()) return view.status();
    const ArtifactView& file = *view.value();
    InspectFault wrong;
    const InspectWatch watch{parts_.workers.cancelled(),
                             [&file](uint64_t, uint64_t) { file.release(); }};
    const auto facts = inspect_model(file.bytes(), watch, &wrong);
    if (facts.ok()) {
      api::take_measured(facts.value().weights, record);
    } else if (facts.status().code() != Code::kAborted) {
      fault = {"what step '" + step_text(record.step) + "' made is no model: " + wrong.message,
               wrong.remedy};
    }
    return facts.status();
  }

  const OptimiseDesk::Parts& parts_;
  const api::OptimiseOrder& order_;
  std::shared_ptr<api::OptimisedImage> out_ = std::make_shared<api::OptimisedImage>();
};

}  // namespace

OptimiseDesk::OptimiseDesk(Parts parts)
    : artifacts_(parts.artifacts),
      jobs_(parts.workers, kMaxOrders,
            [parts](const api::OptimiseOrder& order, const auto& progress) {
              return ChainRun(parts, order).run(progress);
            }) {}

api::OptimiseState OptimiseDesk::ask(const api::OptimiseOrder& order) {
  api::OptimiseState state = jobs_.ask(order);
  if (state.image == nullptr) return state;
  const bool is_lost =
      !state.image->records.empty() && !artifacts_.contains(state.image->records.back().output);
  // What an operator allows or a disk holds may change: a fault is told once.
  if (state.image->fault || is_lost) jobs_.forget(order);
  if (!is_lost) return state;
  return {nullptr, {Code::kUnavailable, "the optimised image was lost"}, {}};
}

}  // namespace flotilla::controller::app
