#include "controller/artifact/delta/scale_fit.h"

#include <algorithm>

namespace flotilla::controller {
namespace {

constexpr int kRounds = 8;
constexpr double kLeastVariance = 1e-14;
constexpr double kLeastRatio = 1e-9;  ///< of a column's variance

class Fit {
 public:
  Fit(std::span<const float> old, std::span<const float> now, const Layout& layout, ScaleAxis axis)
      : old_(old), now_(now), layout_(layout), axis_(axis) {
    const size_t rows = (now.size() + layout.row_length - 1) / layout.row_length;
    row_weight_.assign(rows, 1);
    column_weight_.assign(layout.columns, 1);
    const size_t groups = axis == ScaleAxis::kWhole ? 1
                          : axis == ScaleAxis::kRow ? rows
                                                    : layout.columns;
    scale_.assign(groups, 1);
  }

  Factors run() {
    measure();
    for (int round = 0; round < kRounds; ++round) {
      solve();
      measure();
    }
    Factors factors;
    for (const double scale : scale_) {
      const uint32_t exact = delta::as_bits(static_cast<float>(scale));
      factors.push_back(delta::scale_to_single(delta::scale_from_single(exact)));
    }
    return factors;
  }

 private:
  /// Calls each(i, row, column) for all elements.
  template <class Each>
  void for_all(Each&& each) const {
    size_t row = 0;
    size_t column = 0;
    size_t left = layout_.row_length;
    for (size_t i = 0; i < now_.size(); ++i) {
      each(i, row, column);
      if (++column == layout_.columns) column = 0;
      if (--left == 0) {
        left = layout_.row_length;
        ++row;
      }
    }
  }

  static double single_of(int32_t scale) { return delta::as_float(delta::scale_to_single(scale)); }

  size_t group(size_t row, size_t column) const {
    return axis_ == ScaleAxis::kWhole ? 0 : (axis_ == ScaleAxis::kRow ? row : column);
  }

  /// Variances of what is left, as products of one for the row and one for the column; their
  /// inverses are the weights.
  void measure() {
    for (int pass = 0; pass < 4; ++pass) {
      const bool rows = pass % 2 == 0;
      std::vector<double>& mine = rows ? row_weight_ : column_weight_;
      const std::vector<double>& other = rows ? column_weight_ : row_weight_;
      std::vector<double> sum(mine.size(), 0);
      std::vector<double> count(mine.size(), 0);
      for_all([&](size_t i, size_t row, size_t column) {
        const double off = now_[i] - scale_[group(row, column)] * old_[i];
        const size_t at = rows ? row : column;
        sum[at] += off * off * other[rows ? column : row];
        count[at] += 1;
      });
      for (size_t i = 0; i < mine.size(); ++i) {
        const double variance = count[i] > 0 ? sum[i] / count[i] : 0;
        mine[i] = 1 / (variance + (rows ? kLeastVariance : kLeastRatio));
      }
    }
  }

  void solve() {
    std::vector<double> cross(scale_.size(), 0);
    std::vector<double> square(scale_.size(), 0);
    for_all([&](size_t i, size_t row, size_t column) {
      const double weight = row_weight_[row] * column_weight_[column];
      const double old = old_[i];
      cross[group(row, column)] += weight * old * now_[i];
      square[group(row, column)] += weight * old * old;
    });
    const bool kept = axis_ == ScaleAxis::kColumn;
    const double least = kept ? single_of(delta::kLeastKept) : -60000.0;
    const double greatest = kept ? single_of(delta::kGreatestKept) : 60000.0;
    for (size_t i = 0; i < scale_.size(); ++i) {
      if (square[i] > 0) scale_[i] = std::clamp(cross[i] / square[i], least, greatest);
    }
  }

  std::span<const float> old_;
  std::span<const float> now_;
  Layout layout_;
  ScaleAxis axis_;
  std::vector<double> scale_;
  std::vector<double> row_weight_;
  std::vector<double> column_weight_;
};

}  // namespace

Factors fit_scales(std::span<const float> old, std::span<const float> now, const Layout& layout,
                   ScaleAxis axis) {
  return Fit(old, now, layout, axis).run();
}

}  // namespace flotilla::controller
