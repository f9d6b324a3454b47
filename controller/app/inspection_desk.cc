#include "controller/app/inspection_desk.h"

#include "controller/api/facts_view.h"

namespace flotilla::controller::app {

namespace {

using Inspected = std::shared_ptr<const api::InspectedImage>;

Result<Digest> store_text(ArtifactStore& artifacts, const std::string& text) {
  const auto writer = artifacts.create();
  if (!writer.ok()) return writer.status();
  FLOTILLA_TRY(writer.value()->append(as_bytes(text)));
  return writer.value()->finish();
}

Result<Inspected> inspect_image(ArtifactStore& artifacts, const Digest& digest,
                                const std::atomic<bool>& cancel,
                                const std::function<void(const EncodeProgress&)>& tell) {
  const auto view = artifacts.open(digest);
  if (!view.ok()) return view.status();
  const ArtifactView& file = *view.value();
  const InspectWatch watch{cancel, [&](uint64_t done, uint64_t total) {
                             file.release();
                             tell({"inspecting", done, total});
                           }};
  auto image = std::make_shared<api::InspectedImage>();
  InspectFault fault;
  auto facts = inspect_model(file.bytes(), watch, &fault);
  if (facts.status().code() == Code::kAborted) return facts.status();
  if (!facts.ok()) {
    image->fault = std::move(fault);
    return Inspected(std::move(image));
  }
  const auto inventory = store_text(artifacts, api::to_text(api::facts_json(facts.value())));
  if (!inventory.ok()) return inventory.status();
  image->summary = api::summary_of(facts.value());
  image->summary.inventory = inventory.value();
  image->facts = std::move(facts.value());
  image->facts.tensors.clear();
  return Inspected(std::move(image));
}

}  // namespace

InspectionDesk::InspectionDesk(Parts parts)
    : parts_(parts),
      jobs_(parts.workers, kMaxOrders, [parts](const Digest& image, const auto& progress) {
        return inspect_image(parts.artifacts, image, parts.workers.cancelled(), progress);
      }) {}

api::InspectionState InspectionDesk::ask(const Digest& image) {
  api::InspectionState state = jobs_.ask(image);
  if (state.image == nullptr || state.image->fault) return state;
  if (parts_.artifacts.contains(state.image->summary.inventory)) return state;
  jobs_.forget(image);  // its inventory went with an earlier version of these bytes
  return jobs_.ask(image);
}

}  // namespace flotilla::controller::app
