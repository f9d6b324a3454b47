#include "controller/api/loss_view.h"

#include <algorithm>
#include <cmath>

namespace flotilla::controller::api {

namespace {

double six_digits(double value) {
  if (!(value > 1e-12 && value < 1e6)) return value;
  const double scale = std::pow(10, 5 - std::floor(std::log10(value)));
  return std::round(value * scale) / scale;
}

}  // namespace

Json loss_json(const TensorLoss& loss) {
  return {{"relative_l2", six_digits(loss.relative_l2)},
          {"relative_max", six_digits(loss.relative_max)},
          {"of_change", six_digits(loss.of_change)}};
}

Json tensor_loss_json(const TensorLoss& loss) {
  Json out = loss_json(loss);
  out["name"] = loss.name;
  out["type"] = loss.type;
  out["elements"] = loss.elements;
  return out;
}

Json worst_losses(const std::vector<TensorLoss>& tensors, size_t bytes) {
  std::vector<size_t> order(tensors.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return tensors[a].relative_l2 > tensors[b].relative_l2;
  });
  std::vector<size_t> chosen;
  for (const size_t i : order) {
    const size_t size = to_text(tensor_loss_json(tensors[i])).size() + 1;
    if (size > bytes) break;
    bytes -= size;
    chosen.push_back(i);
  }
  std::sort(chosen.begin(), chosen.end());
  Json out = Json::array();
  for (const size_t i : chosen) out.push_back(tensor_loss_json(tensors[i]));
  return out;
}

}  // namespace flotilla::controller::api
