#pragma once

#include <string>
#include <vector>

namespace flotilla::sim {

struct ChartPoint {
  double x = 0;
  double y = 0;
};

struct ChartLine {
  std::string name;
  std::vector<ChartPoint> points;
};

/// A vertical mark with a word beside it.
struct ChartMark {
  double x = 0;
  std::string name;
};

struct LineChart {
  std::string title;
  std::string note;  ///< a sentence below the title
  std::string x_name;
  std::string y_name;
  double y_least_top = 0;  ///< the axis reaches at least this
  std::vector<ChartLine> lines;
  std::vector<ChartMark> marks;
};

/// Round numbers from 0 to at least `top`, four to eight of them.
std::vector<double> axis_ticks(double top);
/// A figure with inline SVG; colours come from the page's custom properties --c0, --c1, ...
std::string to_figure(const LineChart& chart);
/// Text for HTML.
std::string escaped(const std::string& text);

}  // namespace flotilla::sim
