#include "controller/app/rounding_desk.h"

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

RoundingDesk::RoundingDesk(Parts parts)
    : parts_(parts),
      jobs_(parts.workers, kMaxOrders, [parts](const api::RoundOrder& order, const auto& progress) {
        return round_image(parts.artifacts, order, parts.parallel,
                           {parts.workers.cancelled(), progress});
      }) {}

api::RoundingState RoundingDesk::ask(const api::RoundOrder& order) {
  api::RoundingState state = jobs_.ask(order);
  if (state.image == nullptr || parts_.artifacts.contains(state.image->digest)) return state;
  jobs_.forget(order);
  return {nullptr, {Code::kUnavailable, "the rounded image was lost"}, {}};
}

}  // namespace flotilla::controller::app
