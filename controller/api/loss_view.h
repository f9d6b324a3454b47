#pragma once

#include "controller/api/json.h"
#include "controller/artifact/delta/round_update.h"

namespace flotilla::controller::api {

/// {"relative_l2","relative_max","of_change"}, six significant digits each.
Json loss_json(const TensorLoss& loss);
/// The same with the tensor's name, type and number of elements.
Json tensor_loss_json(const TensorLoss& loss);

/// The worst of `tensors` as JSON, as many as fit `bytes`, in their own order.
Json worst_losses(const std::vector<TensorLoss>& tensors, size_t bytes);

}  // namespace flotilla::controller::api
