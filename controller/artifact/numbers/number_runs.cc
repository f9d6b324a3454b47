#include "controller/artifact/numbers/number_runs.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace flotilla::controller {
namespace {

using delta::Element;

constexpr uint64_t kWindow = 4096;
constexpr uint64_t kLeastWindows = 2;
constexpr uint64_t kBridge = 2;         ///< windows that may look like nothing inside a run
constexpr uint32_t kLeastNumbers = 64;  ///< that are not zero, for a window to tell anything
constexpr double kLeastSaving = 0.5;    ///< bits a byte
constexpr double kBytesShare = 0.85;    ///< of the saving that bytes alone may explain
constexpr double kLeastOctaves = 0.25;  ///< bits that bfloat16's lower exponent bits must save
constexpr double kStay = 0.25;          ///< bits a byte that another reading must be better

/// One way to read bytes as numbers.
struct Reading {
  DType dtype;
  Element element;
  uint64_t phase;  ///< offset modulo the size
};

constexpr std::array<Reading, 8> kReadings = {{{DType::kFloat32, Element::kSingle, 0},
                                               {DType::kFloat32, Element::kSingle, 1},
                                               {DType::kFloat32, Element::kSingle, 2},
                                               {DType::kFloat32, Element::kSingle, 3},
                                               {DType::kFloat16, Element::kHalf, 0},
                                               {DType::kFloat16, Element::kHalf, 1},
                                               {DType::kBfloat16, Element::kBrain, 0},
                                               {DType::kBfloat16, Element::kBrain, 1}}};

/// Counts of a byte's values or an exponent's.
class Histogram {
 public:
  void add(uint32_t value) { ++count_[value]; }
  /// Bits that a symbol takes less than `bits`.
  double saving(double bits) const {
    double total = 0;
    double sum = 0;
    for (const uint32_t count : count_) {
      if (count == 0) continue;
      total += count;
      sum += count * std::log2(count);
    }
    return total == 0 ? 0 : bits - (std::log2(total) - sum / total);
  }

 private:
  std::array<uint32_t, 256> count_{};
};

/// What a window says of one reading.
enum class Verdict : uint8_t { kNo, kYes, kSilent };

struct Judgement {
  Verdict verdict = Verdict::kNo;
  double saving = 0;  ///< bits a byte
};

Judgement judge(Bytes window, const Reading& reading) {
  const uint64_t size = delta::size_of(reading.element);
  const unsigned mantissa = delta::mantissa_bits(reading.element);
  const uint32_t exponents = reading.element == Element::kHalf ? 32 : 256;
  Histogram exponent;
  Histogram coarse;  // its upper five bits
  Histogram high;    // the two bytes that hold sign and exponent
  Histogram low;
  uint32_t numbers = 0;
  for (uint64_t at = 0; at + size <= window.size(); at += size) {
    const uint32_t bits = delta::load_element(reading.element, window.data() + at);
    if (bits == 0) continue;
    ++numbers;
    exponent.add(bits >> mantissa & (exponents - 1));
    coarse.add(bits >> (mantissa + 3) & (exponents / 8 - 1));
    high.add(bits >> (8 * (size - 1)) & 255);
    low.add(bits >> (8 * (size - 2)) & 255);
  }
  if (numbers < kLeastNumbers) return {Verdict::kSilent, 0};
  const double saved = exponent.saving(std::log2(exponents));
  const double by_bytes = high.saving(8) + low.saving(8);
  const double saving = saved / static_cast<double>(size);
  bool numeric = saving >= kLeastSaving && saved >= kBytesShare * by_bytes;
  if (reading.element == Element::kBrain) {
    // Half precision read as bfloat16 saves as much: with the same five bits.
    numeric = numeric && saved - coarse.saving(5) >= kLeastOctaves;
  }
  return {numeric ? Verdict::kYes : Verdict::kNo, saving};
}

/// Joins windows that are read alike.
class RunFinder {
 public:
  explicit RunFinder(Bytes file) : file_(file) {}

  std::vector<NumberRun> run() {
    for (uint64_t begin = 0; begin < file_.size(); begin += kWindow) window(begin);
    close(file_.size());
    return std::move(runs_);
  }

 private:
  void window(uint64_t begin) {
    const Reading* best = nullptr;
    double most = 0;
    bool silent = false;
    for (const Reading& reading : kReadings) {
      const uint64_t from = first_at(begin, reading);
      if (from >= file_.size()) continue;
      const Judgement now =
          judge(file_.subspan(from).first(std::min(kWindow, file_.size() - from)), reading);
      silent = silent || now.verdict == Verdict::kSilent;
      const double merit = now.saving + (&reading == current_ ? kStay : 0);
      if (now.verdict != Verdict::kYes || merit <= most) continue;
      best = &reading;
      most = merit;
    }
    if (best == nullptr && silent) return;  // zeros belong to what is around them
    if (best == nullptr && ++strange_ <= kBridge) return;
    if (best != current_) {
      close(begin - (best == nullptr ? strange_ - 1 : strange_) * kWindow);
      current_ = best;
      begin_ = begin;
    }
    strange_ = 0;
  }

  /// First offset from `begin` on that the reading's numbers start at.
  static uint64_t first_at(uint64_t begin, const Reading& reading) {
    const uint64_t size = delta::size_of(reading.element);
    return begin + (reading.phase + size - begin % size) % size;
  }

  void close(uint64_t end) {
    if (current_ == nullptr) return;
    const uint64_t from = first_at(begin_, *current_);
    const uint64_t size = delta::size_of(current_->element);
    if (end - begin_ >= kLeastWindows * kWindow) {
      runs_.push_back({current_->dtype, from, (end - from) / size});
    }
    current_ = nullptr;
  }

  Bytes file_;
  const Reading* current_ = nullptr;
  uint64_t begin_ = 0;
  uint64_t strange_ = 0;  ///< newest windows of the run that did not look like it
  std::vector<NumberRun> runs_;
};

}  // namespace

std::vector<NumberRun> find_number_runs(Bytes file) {
  return RunFinder(file).run();
}

float finite_value(Element element, const uint8_t* at) {
  const float value = delta::as_float(delta::to_single(element, delta::load_element(element, at)));
  return std::isfinite(value) ? value : 0;
}

float number_at(Bytes file, const NumberRun& run, uint64_t index) {
  const Element element = run.dtype == DType::kFloat32   ? Element::kSingle
                          : run.dtype == DType::kFloat16 ? Element::kHalf
                                                         : Element::kBrain;
  return finite_value(element, file.data() + run.offset + index * delta::size_of(element));
}

}  // namespace flotilla::controller
