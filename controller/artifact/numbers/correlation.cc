#include "controller/artifact/numbers/correlation.h"

#include <kissfft/kiss_fftr.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <memory>
#include <vector>

namespace flotilla::controller {
namespace {

constexpr float kLoudest = 64;  ///< times the pattern's standard deviation

using Spectrum = std::vector<kiss_fft_cpx>;

/// Transforms of one length, forth and back.
class Transform {
 public:
  explicit Transform(size_t length)
      : length_(length), forth_(make(length, false)), back_(make(length, true)) {}

  Spectrum spectrum(const std::vector<float>& series) const {
    Spectrum out(length_ / 2 + 1);
    kiss_fftr(forth_.get(), series.data(), out.data());
    return out;
  }
  /// Unscaled: the sum over the length, as kiss_fft leaves it.
  void series(const Spectrum& spectrum, std::vector<float>& out) const {
    kiss_fftri(back_.get(), spectrum.data(), out.data());
  }

 private:
  struct Free {
    void operator()(kiss_fftr_state* state) const { kiss_fftr_free(state); }
  };
  using State = std::unique_ptr<kiss_fftr_state, Free>;

  static State make(size_t length, bool inverse) {
    return State(kiss_fftr_alloc(static_cast<int>(length), inverse ? 1 : 0, nullptr, nullptr));
  }

  size_t length_;
  State forth_;
  State back_;
};

/// a x conjugate(b), into a.
void correlate(Spectrum& a, const Spectrum& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    const std::complex<float> product =
        std::complex<float>(a[i].r, a[i].i) * std::complex<float>(b[i].r, -b[i].i);
    a[i] = {product.real(), product.imag()};
  }
}

double mean_of(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

}  // namespace

double correlation(std::span<const float> a, std::span<const float> b) {
  if (a.empty() || a.size() != b.size()) return 0;
  const double mean_a = mean_of(a);
  const double mean_b = mean_of(b);
  double cross = 0;
  double square_a = 0;
  double square_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    cross += (a[i] - mean_a) * (b[i] - mean_b);
    square_a += (a[i] - mean_a) * (a[i] - mean_a);
    square_b += (b[i] - mean_b) * (b[i] - mean_b);
  }
  const double scale = std::sqrt(square_a) * std::sqrt(square_b);
  return scale > 0 ? cross / scale : 0;
}

CorrelationPeak find_correlation(std::span<const float> pattern, uint64_t count,
                                 const std::function<void(uint64_t, std::span<float>)>& fill) {
  CorrelationPeak best;
  if (pattern.empty() || count < pattern.size()) return best;
  const size_t length = std::bit_ceil(pattern.size() * 4);
  const size_t step = length - pattern.size() + 1;
  const Transform transform(length);
  // A pattern without its mean does not see the mean of the series.
  std::vector<float> values(length, 0);
  const double mean = mean_of(pattern);
  double energy = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    values[i] = static_cast<float>(pattern[i] - mean);
    energy += double{values[i]} * values[i];
  }
  // What is no weight at all would drown the others in rounding errors.
  const float loudest =
      kLoudest * static_cast<float>(std::sqrt(energy / static_cast<double>(pattern.size())));
  const Spectrum wanted = transform.spectrum(values);
  std::vector<float> cross(length);
  for (uint64_t first = 0; first + pattern.size() <= count; first += step) {
    const size_t here = static_cast<size_t>(std::min<uint64_t>(length, count - first));
    std::fill(values.begin(), values.end(), 0.0f);
    fill(first, std::span<float>(values).first(here));
    for (float& value : values) value = std::clamp(value, -loudest, loudest);
    Spectrum spectrum = transform.spectrum(values);
    correlate(spectrum, wanted);
    transform.series(spectrum, cross);
    double sum = 0;
    double square = 0;
    for (size_t i = 0; i < here; ++i) {
      sum += values[i];
      square += double{values[i]} * values[i];
      if (i + 1 < pattern.size()) continue;
      const size_t at = i + 1 - pattern.size();
      const double spread = square - sum * sum / static_cast<double>(pattern.size());
      const double scale = std::sqrt(energy * std::max(spread, 0.0)) * static_cast<double>(length);
      const double height = scale > 0 ? cross[at] / scale : 0;
      if (height > best.height) best = {first + at, height};
      sum -= values[at];
      square -= double{values[at]} * values[at];
    }
  }
  return best;
}

}  // namespace flotilla::controller
