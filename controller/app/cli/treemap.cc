#include "controller/app/cli/treemap.h"

#include <algorithm>
#include <numeric>

namespace flotilla::controller::app {

namespace {

/// Greatest ratio of sides in a row of areas whose sum is `sum`, laid along `side`.
double worst(double least, double most, double sum, double side) {
  const double thickness = sum / side;
  return std::max(most / thickness / thickness, thickness * thickness / least);
}

/// Puts areas [first, last) along the shorter side of `rest`, and cuts them off it.
void lay(const std::vector<double>& areas, size_t first, size_t last, Rectangle& rest,
         std::vector<Rectangle>& out) {
  const double sum = std::accumulate(areas.begin() + static_cast<std::ptrdiff_t>(first),
                                     areas.begin() + static_cast<std::ptrdiff_t>(last), 0.0);
  const bool upright = rest.width >= rest.height;
  const double side = upright ? rest.height : rest.width;
  const double thickness = side > 0 ? sum / side : 0;
  double at = 0;
  for (size_t i = first; i < last; ++i) {
    const double length = thickness > 0 ? areas[i] / thickness : 0;
    out[i] = upright ? Rectangle{rest.x, rest.y + at, thickness, length}
                     : Rectangle{rest.x + at, rest.y, length, thickness};
    at += length;
  }
  if (upright) {
    rest.x += thickness;
    rest.width = std::max(rest.width - thickness, 0.0);
  } else {
    rest.y += thickness;
    rest.height = std::max(rest.height - thickness, 0.0);
  }
}

}  // namespace

std::vector<Rectangle> treemap(const std::vector<double>& sizes, Rectangle area) {
  std::vector<Rectangle> out(sizes.size());
  const double whole = std::accumulate(sizes.begin(), sizes.end(), 0.0);
  if (whole <= 0) return out;
  std::vector<double> areas;
  for (const double size : sizes) areas.push_back(size / whole * area.width * area.height);
  Rectangle rest = area;
  for (size_t first = 0; first < areas.size();) {
    const double side = std::min(rest.width, rest.height);
    double sum = areas[first];
    double least = areas[first];
    double most = areas[first];
    size_t last = first + 1;
    for (; last < areas.size() && areas[last] > 0 && side > 0 && sum > 0; ++last) {
      const double next_least = std::min(least, areas[last]);
      const double next_most = std::max(most, areas[last]);
      const double next_sum = sum + areas[last];
      if (worst(next_least, next_most, next_sum, side) > worst(least, most, sum, side)) break;
      least = next_least;
      most = next_most;
      sum = next_sum;
    }
    lay(areas, first, last, rest, out);
    first = last;
  }
  return out;
}

}  // namespace flotilla::controller::app
