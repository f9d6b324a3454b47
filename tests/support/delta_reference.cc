#include "tests/support/delta_reference.h"

#include "schemas/base/crc32c.h"
#include "tests/support/delta_reference_coder.h"
#include "tests/support/delta_reference_numbers.h"

namespace flotilla::testing {
namespace {

/// Thrown by whatever finds the payload malformed; caught in reference_decode().
struct Malformed {};

void require(bool condition) {
  if (!condition) throw Malformed{};
}

struct SpecProfile {
  size_t lanes;
  size_t hashed;
  size_t slots;
  size_t scales;
  uint32_t memory;
};
constexpr SpecProfile kSpecProfiles[2] = {{1, 0, 512, 64, 11688}, {4, 1024, 2048, 2048, 27944}};

// ---- section 1

struct Header {
  uint32_t profile = 0;
  uint32_t output_checksum = 0;
  bool reads_base = false;
  uint64_t begin = 0;
  uint64_t length = 0;
  uint32_t base_checksum = 0;
};

class HeaderReader {
 public:
  explicit HeaderReader(Bytes payload) : payload_(payload) {}

  Header read() {
    Header header;
    const uint32_t first = byte();
    header.profile = first % 128;
    header.reads_base = first >= 128;
    require(header.profile < 2);
    header.output_checksum = word();
    if (!header.reads_base) return header;
    header.begin = varint();
    header.length = varint();
    require(header.length != 0);
    header.base_checksum = word();
    return header;
  }
  Bytes rest() const { return payload_.subspan(at_); }

 private:
  uint32_t byte() {
    require(at_ < payload_.size());
    return payload_[at_++];
  }
  uint32_t word() {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value |= byte() << (8 * i);
    return value;
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (int i = 0; i < 5; ++i) {
      const uint64_t group = byte();
      require(i < 4 || group < 16);
      value |= group % 128 << (7 * i);
      if (group < 128) return value;
    }
    throw Malformed{};
  }

  Bytes payload_;
  size_t at_ = 0;
};

// ---- section 5.3

struct LevelMap {
  std::vector<int32_t> slot;
  uint32_t columns = 1;
  uint32_t shift = 0;
  uint32_t column = 0;
  int64_t mean = 0;
  int64_t fast = 0;
  uint64_t seen = 0;

  int64_t offset() const { return columns > 1 ? 4 * slot[column >> shift] : 0; }
  int64_t expected() const { return floor_shift(mean, 8) + offset(); }
  int64_t trend() const { return floor_shift(fast, 8) - expected(); }

  void learn(int64_t l) {
    const int64_t o = offset();
    mean += floor_shift((l - o) * 256 - mean, seen < 16 ? 2 : 5);
    fast += floor_shift(l * 256 - fast, 2);
    if (columns > 1) {
      const int64_t part = 4 * (2 * limit(static_cast<int64_t>(seen / columns), 0, 6) + 3);
      const int64_t change = 2 * (l - floor_shift(mean, 8) - o);
      const int64_t half = change < 0 ? -part / 2 : part / 2;
      slot[column >> shift] =
          static_cast<int32_t>(limit(o / 4 + (change + half) / part, -127, 127));
    }
    ++seen;
    skip();
  }
  void skip() { column = (column + 1) % columns; }
};

// ---- the chunk

class ChunkDecoder {
 public:
  ChunkDecoder(const ReferenceJob& job, const SpecProfile& profile, Bytes stream,
               std::vector<TracedSymbol>* trace)
      : job_(job), profile_(profile), in_(stream) {
    in_.trace_into(trace);
    in_.traced("start", 0);
    begin(width_, 15 * 4 * 16, [](size_t i) { return kSpecWidth[i / 64 * 16 + i % 16]; });
    begin(width_by_trend_, 4 * 96, [](size_t i) { return kSpecWidthByTrend[i % 96]; });
    begin(top_, 128, [](size_t i) { return kSpecTop[i]; });
    begin(exponent_, 4 * 4 * 16, [](size_t i) { return kSpecExponent[i / 64 * 16 + i % 16]; });
    begin(exponent_by_trend_, 4 * 64, [](size_t i) { return kSpecExponentByTrend[i % 64]; });
    begin(flip_, 64, [](size_t i) { return kSpecFlip[i]; });
    begin(mantissa_, 128, [](size_t i) { return kSpecMantissa[i]; });
    literal_.resize(profile.lanes * 256);
    change_.resize(profile.lanes * 256);
    literal_hashed_.resize(profile.hashed);
    change_hashed_.resize(profile.hashed);
    cursor_ = job.output_offset;
  }

  void run() {
    while (out_.size() < job_.output_length) operation();
    require(in_.used_up());
  }
  std::vector<uint8_t> take() { return std::move(out_); }

 private:
  template <class Table>
  static void begin(Contexts& contexts, size_t count, Table&& table) {
    for (size_t i = 0; i < count; ++i) contexts.push_back({256u * table(i), 10});
  }
  uint64_t position() const { return job_.output_offset + out_.size(); }

  // ---- section 4

  uint64_t number(Contexts& widths, size_t first, const char* name) {
    const uint32_t w = in_.tree(widths, first, 6);
    require(w <= 32);
    const uint64_t value = (uint64_t{1} << w) + in_.plain(w);
    in_.traced(name, static_cast<int64_t>(value));
    return value;
  }
  int64_t signed_number(Contexts& widths, const char* name) {
    const uint64_t u = number(widths, 0, name) - 1;
    return u % 2 == 0 ? static_cast<int64_t>(u / 2) : -static_cast<int64_t>((u + 1) / 2);
  }
  uint32_t plain(int n, const char* name) {
    const uint32_t value = in_.plain(n);
    in_.traced(name, value);
    return value;
  }

  void operation() {
    const uint32_t kind = in_.tree(kind_, 8 * previous_, 3);
    in_.traced("kind", kind);
    previous_ = kind;
    const uint64_t length = number(length_, 64 * (kind / 2), "length");
    require(length < (1u << 30));
    if (kind >= 6) typed_header(kind);
    const uint64_t reads = kind >= 6 ? length * size_of(terms_.base) : (kind <= 1 ? length : 0);
    const uint64_t makes = kind >= 6 ? length * size_of(terms_.target) : length;
    if (reads > 0) read_base_offset();
    if (kind == 4 || kind == 5) read_distance();
    cursor_ = reads > 0 ? base_offset_ + reads : cursor_ + makes;
    require(makes <= job_.output_length - out_.size());
    require(reads <= job_.base.size() && base_offset_ <= job_.base.size() - reads);
    require((kind != 4 && kind != 5) || distance_ <= out_.size());
    if (kind >= 6) {
      require(terms_.predictor != 3 || terms_.columns <= profile_.scales);
      numbers(kind, static_cast<uint32_t>(length));
    } else {
      bytes(kind, length);
    }
  }
  static uint64_t size_of(uint32_t type) { return static_cast<uint64_t>(size_of_type(type)); }

  void read_base_offset() {
    const uint32_t s = in_.tree(source_, 0, 3);
    in_.traced("source", s);
    require(s <= 4);
    if (s == 0) base_offset_ = cursor_;
    if (s >= 1 && s <= 3) base_offset_ = position() + diagonals_[s - 1];
    if (s == 4) {
      base_offset_ =
          cursor_ + static_cast<uint64_t>(signed_number(base_, "offset from the cursor"));
    }
    const uint64_t d = base_offset_ - position();
    size_t at = 0;
    while (at < 2 && diagonals_[at] != d) ++at;
    diagonals_.erase(diagonals_.begin() + static_cast<int64_t>(at));
    diagonals_.insert(diagonals_.begin(), d);
  }
  void read_distance() {
    const uint32_t s = in_.tree(source_, 8, 3);
    in_.traced("source", s);
    require(s <= 4);
    distance_ = s < 4 ? distances_[s] : std::min<uint64_t>(number(far_, 0, "distance"), 0xFFFFFFFF);
    distances_.erase(distances_.begin() + std::min<int64_t>(s, 3));
    distances_.insert(distances_.begin(), distance_);
  }

  void typed_header(uint32_t kind) {
    const uint32_t fresh = in_.bit(same_);
    in_.traced("terms", fresh);
    if (fresh == 1) read_terms();
    period_ = by_row() ? terms_.row : terms_.columns;
    phase_ = 0;
    if (period_ > 1) phase_ = static_cast<uint32_t>(number(layout_, 0, "phase + 1") - 1);
    require(phase_ < period_);
    level_ = kind == 6 ? plain(10, "level") : 0;
    require(terms_.target != kTNone);
  }
  void read_terms() {
    terms_ = {};
    terms_.target = plain(3, "target");
    terms_.rounded = terms_.target == kTNone;
    if (terms_.rounded) terms_.target = plain(3, "target");
    terms_.base = plain(3, "base");
    const uint32_t p = terms_.predictor = plain(3, "predictor");
    require(!terms_.rounded || (is_float_type(terms_.target) && p != 4 && p != 5));
    if (p == 1 || (p >= 4 && p <= 6)) terms_.factor = plain(32, "factor");
    if (p == 4) terms_.offset = plain(32, "offset");
    if (p == 4 || p == 5) terms_.zero = static_cast<int32_t>(plain(9, "zero")) - 128;
    terms_.columns = period("columns");
    if (by_row()) terms_.row = period("row");
  }
  bool by_row() const {
    const uint32_t p = terms_.predictor;
    return p == 2 || p == 5 || (terms_.rounded && p != 3);
  }
  uint32_t period(const char* name) {
    const uint64_t value = number(layout_, 0, name);
    require(value <= (1u << 24));
    return static_cast<uint32_t>(value);
  }

  // ---- section 6

  uint8_t eight(Contexts& own, Contexts& hashed, SpecMixer& mixer, uint32_t context) {
    const size_t lane = position() % profile_.lanes;
    uint32_t node = 1;
    for (int i = 0; i < 8; ++i) {
      Context& mine = own[lane * 256 + node];
      uint32_t bit = 0;
      if (profile_.hashed == 0) {
        bit = in_.bit(mine);
      } else {
        Context& other = hashed[(2533 * context + 983 * node) % profile_.hashed];
        bit = in_.mixed(mine, other, mixer);
      }
      node = 2 * node + bit;
    }
    return static_cast<uint8_t>(node - 256);
  }
  uint8_t changed(uint8_t old) {
    const size_t at = 4 * (history_ % 16) + position() % 4;
    const uint32_t differs = in_.bit(unchanged_[at]);
    const uint32_t flags = (2 * (history_ % 16) + differs) % 16;
    const uint32_t last = history_ / 256;
    if (differs == 0) {
      history_ = 256 * last + flags;
      return old;
    }
    const uint8_t c = eight(change_, change_hashed_, change_mixer_, last);
    history_ = 256u * c + flags;
    return static_cast<uint8_t>(old + c);
  }
  void bytes(uint32_t kind, uint64_t length) {
    for (uint64_t i = 0; i < length; ++i) {
      uint8_t byte = 0;
      if (kind == 0 || kind == 1) byte = job_.base[base_offset_ + i];
      if (kind == 4 || kind == 5) byte = out_[out_.size() - distance_];
      if (kind == 1 || kind == 5) byte = changed(byte);
      if (kind == 2) {
        byte = eight(literal_, literal_hashed_, literal_mixer_, out_.empty() ? 0 : out_.back());
      }
      if (kind == 3) byte = static_cast<uint8_t>(in_.plain(8));
      if (kind != 0 && kind != 4) in_.traced("byte", byte);
      out_.push_back(byte);
    }
  }

  // ---- section 5

  void start_levels() {
    map_ = {};
    map_.slot.assign(profile_.slots, 0);
    map_.columns = terms_.columns;
    while ((map_.columns - 1) >> map_.shift >= profile_.slots) ++map_.shift;
    map_.column = by_row() ? phase_ % terms_.columns : phase_;
    map_.mean = map_.fast = int64_t{level_} * 16 * 256;
  }

  void numbers(uint32_t kind, uint32_t length) {
    const uint32_t p = terms_.predictor;
    if (p != 4 && p != 5) start_levels();
    constexpr uint32_t kSpecUnit = (1u << 20) - 8192;
    uint32_t scale = kSpecUnit;
    uint32_t factor = terms_.factor;
    uint32_t place = phase_;
    uint32_t previous = 0;
    grid_ = 0;
    std::vector<int16_t> scales(p == 3 ? terms_.columns : 0);
    for (uint32_t i = 0; i < length; ++i) {
      const bool row_starts = (p == 2 || p == 5) && (i == 0 || place == 0);
      if (row_starts || (p == 3 && i < terms_.columns)) {
        const uint32_t moved = static_cast<uint32_t>(signed_number(scale_, "factor"));
        if (p == 5) {
          factor += moved;
        } else {
          scale += moved;
          factor = scale << 10;
        }
        if (p == 3) scales[place] = static_cast<int16_t>(scale - kSpecUnit);
      }
      if (p == 3) factor = (kSpecUnit + static_cast<uint32_t>(scales[place])) << 10;
      if (terms_.rounded && (i == 0 || (by_row() && place == 0))) {
        grid_ += static_cast<uint32_t>(signed_number(layout_, "grid"));
      }
      const int size = size_of_type(terms_.target);
      uint32_t value = element(kind, factor, p == 7 ? previous : old_at(i));
      previous = value;
      for (int b = 0; b < size; ++b, value >>= 8) out_.push_back(static_cast<uint8_t>(value));
      place = (place + 1) % period_;
    }
  }
  uint32_t old_at(uint32_t i) const {
    uint32_t old = 0;
    const size_t size = size_of(terms_.base);
    for (size_t b = 0; b < size; ++b)
      old |= uint32_t{job_.base[base_offset_ + i * size + b]} << (8 * b);
    return old;
  }

  uint32_t element(uint32_t kind, uint32_t factor, uint32_t old) {
    const SpecGuess g = spec_predict(terms_, factor, old);
    if (terms_.rounded) return rounded(kind, g);
    if (kind == 7) return g.value;
    uint32_t result = 0;
    if (terms_.predictor == 4 || terms_.predictor == 5) {
      result = quantised(g);
    } else {
      result = sized(g);
      const uint32_t sign = 1u << (8 * size_of_type(terms_.target) - 1);
      if (is_float_type(terms_.target) && g.value % sign == 0 && result % sign == 0) {
        map_.skip();
      } else {
        map_.learn(level_of(g, result));
      }
    }
    in_.traced("number", result);
    return result;
  }

  /// The index of a multiple, as if it were an int32.
  uint32_t rounded(uint32_t kind, const SpecGuess& guess) {
    const int32_t grid = static_cast<int32_t>(grid_);
    const SpecGuess on = spec_on_grid(guess, grid);
    uint32_t index = on.value;
    const uint32_t type = terms_.target;
    if (kind == 6) {
      terms_.target = kTInt32;
      index = sized(on);
      map_.learn(level_of(on, index));
      terms_.target = type;
      in_.traced("index", index);
    }
    return spec_from_grid(type, index, grid);
  }

  int64_t unit_of(const SpecGuess& g) const {
    if (!is_float_type(terms_.target)) return 127;
    const int64_t lowest = terms_.target == kTHalf ? 113 : 24;
    return std::max<int64_t>(exponent_field(g.guess), lowest) - mantissa_of_type(terms_.target);
  }
  int64_t level_of(const SpecGuess& g, uint32_t result) const {
    const uint32_t type = terms_.target;
    float d = static_cast<float>(spec_steps(type, g.value, result));
    if (is_float_type(type)) d = as_single(spec_to_single(type, result)) - as_single(g.guess);
    const int64_t log = (pattern_of(d) & 0x7FFFFFFF) >> 17;
    return limit(log, std::max<int64_t>(unit_of(g) - 2, 0) * 64, 255 * 64);
  }

  uint32_t sized(const SpecGuess& g) {
    const int64_t quarter = floor_shift(map_.expected(), 4);
    int64_t clear = 3;
    if (is_float_type(terms_.target)) {
      clear = limit(exponent_field(g.guess) - floor_shift(quarter, 2) - 1, -4, 3);
    }
    const int64_t trend = limit(floor_shift(floor_shift(map_.trend(), 4) + 8, 2), 0, 3);
    if (clear < 0) return around_zero(g, quarter, clear, trend);
    return difference(g, quarter - 4 * unit_of(g), clear, trend);
  }

  uint32_t difference(const SpecGuess& g, int64_t size, int64_t clear, int64_t trend) {
    int64_t i = std::max<int64_t>(size + 4, 0) / 2;
    int64_t floor = 0;
    if (size > 16) {
      i = 11 + (size - 17) % 4;
      floor = floor_shift(size - 13, 2);
    }
    const int64_t j = limit(floor_shift(size + 8, 3), 0, 5);
    const uint32_t symbol =
        four(width_, (i * 4 + clear) * 16, width_by_trend_, (trend * 6 + j) * 16, width_mixer_);
    uint64_t n = 0;
    if (symbol == 0) {
      n = in_.plain(std::min<int64_t>(floor, 32));
    } else {
      const int64_t wide = limit(symbol == 15 ? in_.plain(6) : floor + symbol, 1, 33);
      const int64_t m = std::min<int64_t>(wide - 1, 3);
      const int64_t rest = wide - 1 - m;
      const uint64_t h = in_.tree(top_, 8 * symbol, static_cast<int>(m));
      n = (((uint64_t{1} << m) + h) << rest) + in_.plain(rest);
    }
    if (n == 0) return g.value;
    const size_t side = static_cast<size_t>(2 * clear) + (g.guess >> 31);
    const int64_t steps = static_cast<int64_t>(n);
    return spec_add_steps(terms_.target, g.value, in_.bit(sign_[side]) == 1 ? -steps : steps);
  }

  uint32_t around_zero(const SpecGuess& g, int64_t quarter, int64_t clear, int64_t trend) {
    const bool half = terms_.target == kTHalf;
    const int m = mantissa_of_type(terms_.target);
    const int64_t o = floor_shift(quarter, 2) - 9 - (half ? 112 : 0);
    const int64_t i = clear + 4;
    const int64_t q = quarter - 4 * floor_shift(quarter, 2);
    const uint32_t symbol = four(exponent_, (i * 4 + q) * 16, exponent_by_trend_,
                                 (trend * 4 + q) * 16, exponent_mixer_);
    const uint32_t flipped = in_.bit(flip_[static_cast<size_t>(i * 16) + symbol]);
    const uint32_t sign = 1u << (8 * size_of_type(terms_.target) - 1);
    uint32_t magnitude = 0;
    if (symbol > 0) {
      const int64_t field = symbol == 15 ? in_.plain(half ? 5 : 8) : o + symbol;
      const uint64_t h = in_.tree(mantissa_, 8 * symbol, 3);
      const uint64_t low = in_.plain(m - 3);
      magnitude =
          static_cast<uint32_t>((static_cast<uint64_t>(field) << m) + (h << (m - 3)) + low) &
          (sign - 1);
    }
    return magnitude | (flipped != g.guess >> 31 ? sign : 0);
  }

  uint32_t four(Contexts& first, int64_t f, Contexts& second, int64_t s, SpecMixer* mixers) {
    uint32_t node = 1;
    for (int i = 0; i < 4; ++i) {
      node = 2 * node + in_.mixed(first[static_cast<size_t>(f) + node],
                                  second[static_cast<size_t>(s) + node], mixers[node]);
    }
    return node - 16;
  }

  uint32_t quantised(const SpecGuess& g) {
    Context& a = exact_[static_cast<size_t>(g.relative_margin)];
    Context& b = exact_by_margin_[static_cast<size_t>(g.margin)];
    if (in_.mixed(a, b, exact_mixer_) == 0) return g.value;
    const bool against = in_.bit(side_[static_cast<size_t>(g.margin)]) == 1;
    const int64_t wide = in_.tree(size_, 0, 4);
    const int64_t rest = std::max<int64_t>(wide - 1, 0);
    const int64_t n = (int64_t{1} << rest) + in_.plain(rest);
    return spec_add_steps(terms_.target, g.value, g.up != against ? n : -n);
  }

  ReferenceJob job_;
  SpecProfile profile_;
  SpecDecoder in_;
  std::vector<uint8_t> out_;

  uint32_t previous_ = 0;
  uint32_t history_ = 0;
  uint64_t cursor_ = 0;
  uint64_t base_offset_ = 0;
  uint64_t distance_ = 1;
  std::vector<uint64_t> diagonals_ = {0, 0, 0};
  std::vector<uint64_t> distances_ = {1, 2, 4, 8};
  SpecTerms terms_;
  uint32_t grid_ = 0;
  uint32_t period_ = 1;
  uint32_t phase_ = 0;
  uint32_t level_ = 0;
  LevelMap map_;

  Contexts kind_ = Contexts(64);
  Contexts length_ = Contexts(256);
  Contexts base_ = Contexts(64);
  Contexts far_ = Contexts(64);
  Contexts layout_ = Contexts(64);
  Contexts scale_ = Contexts(64);
  Context same_;
  Contexts source_ = Contexts(16);
  Contexts width_, width_by_trend_, top_, exponent_, exponent_by_trend_, flip_, mantissa_;
  Contexts sign_ = Contexts(8);
  Contexts exact_ = Contexts(16);
  Contexts exact_by_margin_ = Contexts(16);
  Contexts side_ = Contexts(16);
  Contexts size_ = Contexts(16);
  SpecMixer width_mixer_[16], exponent_mixer_[16], exact_mixer_;
  Contexts literal_, change_, literal_hashed_, change_hashed_;
  Contexts unchanged_ = Contexts(64);
  SpecMixer literal_mixer_, change_mixer_;
};

}  // namespace

// ---- section 3

namespace {
int32_t spec_log2(uint32_t v) {
  const int f = bit_length(v) - 1;
  return 256 * f + kSpecLog2[(v << (16 - f)) / 1024 % 64];
}
}  // namespace

int32_t reference_stretch(uint32_t p) {
  return spec_log2(p) - spec_log2(65536 - p);
}

uint32_t reference_squash(int32_t x) {
  const uint32_t s = std::min<uint32_t>(static_cast<uint32_t>(x < 0 ? -x : x), 2815);
  const uint32_t low = kSpecLogistic[s / 128];
  const uint32_t p = low + (kSpecLogistic[s / 128 + 1] - low) * (s % 128) / 128;
  return x < 0 ? 65536 - p : p;
}

ReferenceResult reference_decode(const ReferenceJob& job, Bytes payload,
                                 std::vector<TracedSymbol>* trace) {
  ReferenceResult result;
  try {
    HeaderReader reader(payload);
    const Header header = reader.read();
    const SpecProfile& profile = kSpecProfiles[header.profile];
    require(profile.memory <= job.memory);
    if (header.reads_base) {
      require(header.begin + header.length <= job.base.size());
      const uint32_t found = crc32c(job.base.subspan(header.begin, header.length));
      result.verdict = Verdict::kBaseDiffers;
      if (found != header.base_checksum) return result;
    }
    ChunkDecoder decoder(job, profile, reader.rest(), trace);
    decoder.run();
    result.output = decoder.take();
    const bool same = crc32c(result.output) == header.output_checksum;
    result.verdict = same ? Verdict::kAccepted : Verdict::kOutputDiffers;
  } catch (const Malformed&) {
    result.verdict = Verdict::kMalformed;
  }
  return result;
}

}  // namespace flotilla::testing
