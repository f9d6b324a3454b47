#pragma once

#include <vector>

namespace flotilla::controller::app {

struct Rectangle {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

/// Divides `area` among `sizes` (falling or nearly so, not negative), each as near to a square as
/// it goes: M. Bruls, K. Huizing, J. van Wijk, "Squarified Treemaps", 2000. Size 0: empty.
std::vector<Rectangle> treemap(const std::vector<double>& sizes, Rectangle area);

}  // namespace flotilla::controller::app
