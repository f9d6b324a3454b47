#include "simulator/load/line_chart.h"

#include <algorithm>
#include <cmath>

#include "simulator/load/number_text.h"

namespace flotilla::sim {
namespace {

// The drawing's own units; the page scales it.
constexpr double kWidth = 720;
constexpr double kHeight = 280;
constexpr double kLeft = 64;
constexpr double kRight = 16;
constexpr double kTop = 26;
constexpr double kBottom = 44;
constexpr size_t kMostPoints = 700;

struct Scale {
  double x_top = 1;
  double y_top = 1;
  double x(double value) const { return kLeft + value / x_top * (kWidth - kLeft - kRight); }
  double y(double value) const {
    return kHeight - kBottom - value / y_top * (kHeight - kTop - kBottom);
  }
};

std::string at(double value) {
  return fixed(value, 1);
}

/// As short as the steps of the axis allow.
std::string tick_text(double value, double step) {
  if (step >= 1000) return grouped(static_cast<uint64_t>(value + 0.5));
  return fixed(value, step >= 1 ? 0 : step >= 0.1 ? 1 : 2);
}

std::string text_at(double x, double y, const char* anchor, const std::string& text) {
  return "<text x=\"" + at(x) + "\" y=\"" + at(y) + "\" text-anchor=\"" + anchor + "\">" +
         escaped(text) + "</text>";
}

std::string grid_line(double x1, double y1, double x2, double y2, const char* style) {
  return "<line class=\"" + std::string(style) + "\" x1=\"" + at(x1) + "\" y1=\"" + at(y1) +
         "\" x2=\"" + at(x2) + "\" y2=\"" + at(y2) + "\"/>";
}

std::string axes(const LineChart& chart, const Scale& scale, const std::vector<double>& x_ticks,
                 const std::vector<double>& y_ticks) {
  std::string out;
  for (const double tick : y_ticks) {
    out += grid_line(kLeft, scale.y(tick), kWidth - kRight, scale.y(tick), "grid");
    out += text_at(kLeft - 8, scale.y(tick) + 4, "end", tick_text(tick, y_ticks[1]));
  }
  for (const double tick : x_ticks) {
    if (scale.x(tick) > kWidth - kRight + 1) continue;
    out +=
        grid_line(scale.x(tick), kHeight - kBottom, scale.x(tick), kHeight - kBottom + 4, "axis");
    out += text_at(scale.x(tick), kHeight - kBottom + 18, "middle", tick_text(tick, x_ticks[1]));
  }
  out += grid_line(kLeft, kHeight - kBottom, kWidth - kRight, kHeight - kBottom, "axis");
  out += text_at((kLeft + kWidth - kRight) / 2, kHeight - 6, "middle", chart.x_name);
  return out + text_at(8, 14, "start", chart.y_name);
}

/// Long runs are thinned out, but for the last point.
std::string path(const ChartLine& line, const Scale& scale, size_t colour) {
  const size_t step = line.points.size() / kMostPoints + 1;
  std::string points;
  for (size_t i = 0; i < line.points.size(); ++i) {
    if (i % step != 0 && i + 1 != line.points.size()) continue;
    points += (points.empty() ? "" : " ") + at(scale.x(line.points[i].x)) + "," +
              at(scale.y(line.points[i].y));
  }
  return "<polyline class=\"line\" style=\"stroke:var(--c" + std::to_string(colour) +
         ")\" points=\"" + points + "\"/>";
}

std::string legend(const LineChart& chart) {
  if (chart.lines.size() < 2) return "";
  std::string out = "<p class=\"legend\">";
  for (size_t i = 0; i < chart.lines.size(); ++i) {
    out += "<span><i style=\"background:var(--c" + std::to_string(i) + ")\"></i>" +
           escaped(chart.lines[i].name) + "</span>";
  }
  return out + "</p>";
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

std::vector<double> axis_ticks(double top) {
  const double rough = std::max(top, 1e-6) / 4;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power;
  for (const double factor : {2.0, 5.0, 10.0}) {
    if (step < rough) step = factor * power;
  }
  // The smallest round step that needs at most seven of it.
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (top / (factor * power) <= 7) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> out{0};
  while (out.back() < top - step * 1e-9) out.push_back(step * static_cast<double>(out.size()));
  if (out.size() == 1) out.push_back(step);
  return out;
}

std::string to_figure(const LineChart& chart) {
  double x_most = 0;
  double y_most = chart.y_least_top;
  for (const ChartLine& line : chart.lines) {
    for (const ChartPoint& point : line.points) {
      x_most = std::max(x_most, point.x);
      y_most = std::max(y_most, point.y);
    }
  }
  const std::vector<double> x_ticks = axis_ticks(x_most);
  const std::vector<double> y_ticks = axis_ticks(y_most);
  const Scale scale{x_most > 0 ? x_most : 1, y_ticks.back()};
  std::string out = "<figure><figcaption><b>" + escaped(chart.title) + "</b> " +
                    escaped(chart.note) + "</figcaption><svg viewBox=\"0 0 " + at(kWidth) + " " +
                    at(kHeight) + "\" role=\"img\" aria-label=\"" + escaped(chart.title) + "\">";
  out += axes(chart, scale, x_ticks, y_ticks);
  double label_y = kTop + 10;
  for (const ChartMark& mark : chart.marks) {
    const double x = scale.x(std::min(mark.x, scale.x_top));
    const bool left = x > kWidth * 0.8;
    out += grid_line(x, kTop, x, kHeight - kBottom, "mark");
    out += text_at(left ? x - 5 : x + 5, label_y, left ? "end" : "start", mark.name);
    label_y += 14;
  }
  for (size_t i = 0; i < chart.lines.size(); ++i) out += path(chart.lines[i], scale, i);
  return out + "</svg>" + legend(chart) + "</figure>\n";
}

}  // namespace flotilla::sim
