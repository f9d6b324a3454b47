#include "controller/app/rounding_desk.h"

#include <new>

namespace flotilla::controller::app {

namespace {

Result<std::shared_ptr<const api::RoundedImage>> round_image(ArtifactStore& artifacts,
                                                             const api::RoundOrder& order,
                                                             Parallel& parallel,
                                                             const EncodeWatch& watch) {
  const auto base = artifacts.open(order.base);
  if (!base.ok()) return base.status();
  const auto target = artifacts.open(order.image);
  if (!target.ok()) return target.status();
  EncodeInput input;
  input.base = base.value()->bytes();
  input.base_model = model_of(input.base);
  input.target = target.value()->bytes();
  input.target_model = model_of(input.target);
  auto rounded = round_update(input, order.step_ppm / 1e6, parallel, watch);
  if (!rounded.ok()) return rounded.status();
  const auto writer = artifacts.create();
  if (!writer.ok()) return writer.status();
  FLOTILLA_TRY(writer.value()->append(as_bytes(rounded.value().file)));
  const auto digest = writer.value()->finish();
  if (!digest.ok()) return digest.status();
  auto image = std::make_shared<api::RoundedImage>();
  image->digest = digest.value();
  image->size = rounded.value().file.size();
  image->tensors = std::move(rounded.value().tensors);
  image->whole = rounded.value().whole;
  image->kept = rounded.value().kept;
  return std::shared_ptr<const api::RoundedImage>(std::move(image));
}

}  // namespace

bool RoundingDesk::is_over(Job& job) {
  const std::lock_guard lock(job.mutex);
  return job.state.image != nullptr || !job.state.failure.ok();
}

void RoundingDesk::work(const Parts& parts, const api::RoundOrder& order, Job& job) {
  const auto progress = [&job](const EncodeProgress& now) {
    const std::lock_guard lock(job.mutex);
    job.state.progress = now;
  };
  api::RoundingState end;
  try {
    auto made =
        round_image(parts.artifacts, order, parts.parallel, {parts.workers.cancelled(), progress});
    if (made.ok()) end.image = std::move(made.value());
    end.failure = made.status();
  } catch (const std::bad_alloc&) {
    end.failure = {Code::kUnavailable, "there is not enough memory to round this image"};
  }
  const std::lock_guard lock(job.mutex);
  job.state = std::move(end);
}

bool RoundingDesk::make_room() {
  if (jobs_.size() < kMaxOrders) return true;
  auto oldest = jobs_.end();
  for (auto at = jobs_.begin(); at != jobs_.end(); ++at) {
    if (!is_over(*at->second)) continue;
    if (oldest == jobs_.end() || at->second->asked < oldest->second->asked) oldest = at;
  }
  if (oldest == jobs_.end()) return false;
  jobs_.erase(oldest);
  return true;
}

std::shared_ptr<RoundingDesk::Job> RoundingDesk::begin(const api::RoundOrder& order) {
  if (!make_room()) return nullptr;
  auto job = std::make_shared<Job>();
  job->state.progress.step = "waiting for a worker";
  const bool taken =
      parts_.workers.submit([parts = parts_, order, job] { work(parts, order, *job); });
  if (!taken) return nullptr;
  jobs_[order] = job;
  return job;
}

api::RoundingState RoundingDesk::ask(const api::RoundOrder& order) {
  const std::lock_guard lock(mutex_);
  const auto known = jobs_.find(order);
  const std::shared_ptr<Job> job = known == jobs_.end() ? begin(order) : known->second;
  if (job == nullptr) {
    api::RoundingState busy;
    busy.failure = {Code::kUnavailable, "too many updates are being rounded"};
    return busy;
  }
  job->asked = ++count_;
  api::RoundingState state;
  {
    const std::lock_guard of_job(job->mutex);
    state = job->state;
  }
  const bool is_lost = state.image != nullptr && !parts_.artifacts.contains(state.image->digest);
  if (is_lost) state = {nullptr, {Code::kUnavailable, "the rounded image was lost"}, {}};
  if (!state.failure.ok()) jobs_.erase(order);
  return state;
}

}  // namespace flotilla::controller::app
