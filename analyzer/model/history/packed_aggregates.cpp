#include "analyzer/model/history/packed_aggregates.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>

#include "analyzer/model/history/bit_stream.hpp"
#include "lib/base/ensure.hpp"

namespace berth::analyzer {
namespace {

/// A mean is kept as the number of these parts of an octave above the smallest value; the others as
/// the number of coarser parts above or below the mean.
constexpr double kMeanPartsPerOctave = 24;
constexpr double kSpreadPartsPerOctave = 8;
/// Means from 2^-20 to 2^64; code 0 is zero itself.
constexpr int kOctaveMin = -20;
constexpr int kMeanCodeMax = (64 - kOctaveMin) * static_cast<int>(kMeanPartsPerOctave) + 1;
constexpr int kSpreadCodeMax = 254;
/// The min is zero, though the mean is not.
constexpr int kMinIsZero = 255;

constexpr unsigned kMeanBits = 12;
constexpr unsigned kSpreadBits = 8;
constexpr unsigned kSamplesBits = 8;
constexpr unsigned kStepBits = 32;
/// A number that takes more ones than this is written as it is.
constexpr unsigned kOnesMax = 20;
constexpr unsigned kPlainBits = 13;

double value_of_mean(int code) {
  return code == 0 ? 0 : std::exp2((code - 1) / kMeanPartsPerOctave + kOctaveMin);
}

int code_of_mean(double mean) {
  if (mean <= 0)
    return 0;
  const double code = std::round((std::log2(mean) - kOctaveMin) * kMeanPartsPerOctave) + 1;
  return static_cast<int>(std::clamp<double>(code, 1, kMeanCodeMax));
}

/// By how many parts of an octave `value` is above `base`, 0 to kSpreadCodeMax.
int parts_above(double value, double base) {
  const double parts = std::round(std::log2(value / base) * kSpreadPartsPerOctave);
  return static_cast<int>(std::clamp<double>(parts, 0, kSpreadCodeMax));
}

std::uint32_t folded(int number) {
  return number >= 0 ? 2U * static_cast<std::uint32_t>(number)
                     : 2U * static_cast<std::uint32_t>(-number) - 1U;
}

int unfolded(std::uint32_t number) {
  return number % 2 == 0 ? static_cast<int>(number / 2) : -static_cast<int>(number / 2) - 1;
}

/// The parameter that suits numbers of this mean size (in sixteenths).
unsigned rice_parameter(std::uint16_t size) {
  const auto typical = static_cast<unsigned>(size) * 11U / 256U;
  return typical == 0 ? 0 : static_cast<unsigned>(std::bit_width(typical - 1));
}

void follow(std::uint16_t& size, std::uint32_t number) {
  const int seen = static_cast<int>(std::min<std::uint32_t>(number, 4000)) * 16;
  size = static_cast<std::uint16_t>(size + (seen - size) / 8);
}

void put_number(BitWriter& bits, std::uint16_t& size, std::uint32_t number) {
  const unsigned parameter = rice_parameter(size);
  const std::uint32_t ones = number >> parameter;
  follow(size, number);
  if (ones >= kOnesMax) {
    bits.put((1U << kOnesMax) - 1, kOnesMax);
    return bits.put(number, kPlainBits);
  }
  bits.put((1U << ones) - 1, ones);
  bits.put(false);
  bits.put(number & ((1U << parameter) - 1), parameter);
}

std::uint32_t get_number(BitReader& bits, std::uint16_t& size) {
  const unsigned parameter = rice_parameter(size);
  std::uint32_t ones = 0;
  while (ones < kOnesMax && bits.get())
    ++ones;
  const std::uint32_t number =
      ones == kOnesMax ? bits.get(kPlainBits) : (ones << parameter) | bits.get(parameter);
  follow(size, number);
  return number;
}

std::uint32_t step_number(TimePoint start, Duration step) {
  return static_cast<std::uint32_t>(start.time_since_epoch() / step);
}

} // namespace

/// Writes and reads the steps of one chunk. Each is
///   first:   step (32) samples (8) mean (12) above (8) p95_below (8) below (8)
///   others:  1 if it follows the one before and is the same in all; else 0 and
///            1 if it follows with as many samples, else 0, gap - 1 and samples (8); the four
///            numbers
class PackedAggregates::Coder {
public:
  static void put_first(BitWriter& bits, Course& course, std::uint32_t step, const Codes& codes,
                        std::uint8_t samples) {
    bits.put(step, kStepBits);
    bits.put(samples, kSamplesBits);
    bits.put(static_cast<std::uint32_t>(codes.mean), kMeanBits);
    for (const std::uint8_t code : {codes.above, codes.p95_below, codes.below})
      bits.put(code, kSpreadBits);
    begin(course, step, codes, samples);
  }

  static void put_next(BitWriter& bits, Course& course, std::uint32_t step, const Codes& codes,
                       std::uint8_t samples) {
    const bool regular = step == course.step + 1 && samples == course.samples;
    const bool same = codes == course.codes;
    bits.put(regular && same);
    if (regular && same)
      return go_on(course, step, codes, samples);
    bits.put(regular);
    if (!regular) {
      std::uint16_t gap_size = 0;
      put_number(bits, gap_size, step - course.step - 1);
      bits.put(samples, kSamplesBits);
    }
    put_number(bits, course.sizes[0], folded(codes.mean - course.expected_mean));
    put_number(bits, course.sizes[1], codes.above);
    put_number(bits, course.sizes[2], codes.p95_below);
    put_number(bits, course.sizes[3], codes.below);
    go_on(course, step, codes, samples);
  }

  static void get_first(BitReader& bits, Course& course) {
    const std::uint32_t step = bits.get(kStepBits);
    const auto samples = static_cast<std::uint8_t>(bits.get(kSamplesBits));
    Codes codes;
    codes.mean = static_cast<std::int16_t>(bits.get(kMeanBits));
    codes.above = static_cast<std::uint8_t>(bits.get(kSpreadBits));
    codes.p95_below = static_cast<std::uint8_t>(bits.get(kSpreadBits));
    codes.below = static_cast<std::uint8_t>(bits.get(kSpreadBits));
    begin(course, step, codes, samples);
  }

  /// False where what was read is no step. The zeros that fill up the last byte are too few to be
  /// one: they end in a reader that is not ok().
  [[nodiscard]] static bool get_next(BitReader& bits, Course& course) {
    std::uint32_t step = course.step + 1;
    if (bits.get()) {
      go_on(course, step, course.codes, course.samples);
      return true;
    }
    std::uint8_t samples = course.samples;
    if (!bits.get()) {
      std::uint16_t gap_size = 0;
      step += get_number(bits, gap_size);
      samples = static_cast<std::uint8_t>(bits.get(kSamplesBits));
    }
    const int mean = course.expected_mean + unfolded(get_number(bits, course.sizes[0]));
    const std::uint32_t above = get_number(bits, course.sizes[1]);
    const std::uint32_t p95_below = get_number(bits, course.sizes[2]);
    const std::uint32_t below = get_number(bits, course.sizes[3]);
    if (mean < 0 || mean > kMeanCodeMax || above > kMinIsZero || p95_below > kMinIsZero ||
        below > kMinIsZero)
      return false;
    const Codes codes{static_cast<std::int16_t>(mean), static_cast<std::uint8_t>(above),
                      static_cast<std::uint8_t>(p95_below), static_cast<std::uint8_t>(below)};
    go_on(course, step, codes, samples);
    return samples > 0;
  }

private:
  static void begin(Course& course, std::uint32_t step, const Codes& codes, std::uint8_t samples) {
    course = Course{};
    course.step = step;
    course.codes = codes;
    course.expected_mean = codes.mean;
    course.samples = samples;
  }

  static void go_on(Course& course, std::uint32_t step, const Codes& codes, std::uint8_t samples) {
    const bool same = codes == course.codes;
    course.expected_mean =
        static_cast<std::int16_t>(same ? codes.mean : (course.expected_mean + codes.mean + 1) / 2);
    course.step = step;
    course.codes = codes;
    course.samples = samples;
  }
};

void PackedAggregates::push(const Aggregate& aggregate) {
  ensure(aggregate.samples > 0, "a step without samples has no aggregate");
  const std::uint32_t step = step_number(aggregate.start, step_);
  const Codes codes = quantized(aggregate);
  const auto samples = static_cast<std::uint8_t>(std::min(aggregate.samples, kSamplesMax));
  const auto day = [&](std::uint32_t number) { return number / (kChunk / step_); };
  const bool is_new_day = chunks_.empty() || day(step) != day(course_.step);
  ensure(chunks_.empty() || step > course_.step, "aggregates are added in order");
  if (is_new_day) {
    chunks_.reserve(chunks_.size() + 1);
    chunks_.push_back({step, static_cast<std::uint32_t>(bytes_.size())});
    used_bits_ = 8;
  }
  constexpr std::size_t kGrowBytes = 64; // doubling would waste a third of all memory
  constexpr std::size_t kStepBytesMax = 32;
  if (bytes_.capacity() - bytes_.size() < kStepBytesMax)
    bytes_.reserve(bytes_.size() + kGrowBytes);
  BitWriter bits(bytes_, used_bits_);
  if (is_new_day)
    Coder::put_first(bits, course_, step, codes, samples);
  else
    Coder::put_next(bits, course_, step, codes, samples);
  used_bits_ = static_cast<std::uint8_t>(bits.used_bits());
}

std::vector<Aggregate> PackedAggregates::since(TimePoint from) const {
  std::vector<Aggregate> found;
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    const bool ends_before =
        i + 1 < chunks_.size() && TimePoint{chunks_[i + 1].first_step * step_} <= from;
    if (ends_before)
      continue;
    const auto day = decode(bytes_of(i), step_);
    ensure(day.has_value(), "what was packed can be read");
    found.insert(found.end(), std::ranges::lower_bound(*day, from, {}, &Aggregate::start),
                 day->end());
  }
  return found;
}

void PackedAggregates::drop_before(TimePoint time) {
  std::size_t dropped = 0;
  while (dropped < chunks_.size() && TimePoint{std::chrono::floor<std::chrono::days>(
                                                   TimePoint{chunks_[dropped].first_step * step_}) +
                                               kChunk} <= time)
    ++dropped;
  if (dropped == 0)
    return;
  const std::uint32_t cut =
      dropped < chunks_.size() ? chunks_[dropped].begin : static_cast<std::uint32_t>(bytes_.size());
  bytes_ = std::vector<std::uint8_t>(bytes_.begin() + cut, bytes_.end());
  chunks_ =
      std::vector<Chunk>(chunks_.begin() + static_cast<std::ptrdiff_t>(dropped), chunks_.end());
  for (Chunk& chunk : chunks_)
    chunk.begin -= cut;
  if (chunks_.empty())
    used_bits_ = 8;
}

std::size_t PackedAggregates::heap_bytes() const {
  return bytes_.capacity() + chunks_.capacity() * sizeof(Chunk);
}

std::vector<std::span<const std::uint8_t>> PackedAggregates::chunks() const {
  std::vector<std::span<const std::uint8_t>> found;
  for (std::size_t i = 0; i < chunks_.size(); ++i)
    found.push_back(bytes_of(i));
  return found;
}

Result<std::vector<Aggregate>> PackedAggregates::decode(std::span<const std::uint8_t> chunk,
                                                        Duration step) {
  const auto steps_max = static_cast<std::size_t>(kChunk / step);
  std::vector<Aggregate> found;
  BitReader bits(chunk);
  Course course;
  const auto take = [&] {
    Aggregate aggregate = restored(course.codes);
    aggregate.start = TimePoint{course.step * step};
    aggregate.samples = course.samples;
    found.push_back(aggregate);
  };
  Coder::get_first(bits, course);
  if (!bits.ok() || course.samples == 0 || course.codes.mean > kMeanCodeMax)
    return fail(Code::Invalid, "a day of history does not begin with a step");
  const TimePoint end =
      std::chrono::floor<std::chrono::days>(TimePoint{course.step * step}) + kChunk;
  take();
  for (;;) {
    const bool is_step = Coder::get_next(bits, course);
    if (!bits.ok())
      return found;
    if (!is_step || TimePoint{course.step * step} >= end || found.size() >= steps_max)
      return fail(Code::Invalid, "a day of history has a step that is none");
    take();
  }
}

PackedAggregates::Codes PackedAggregates::quantized(const Aggregate& aggregate) {
  Codes codes;
  codes.mean = static_cast<std::int16_t>(code_of_mean(aggregate.mean));
  if (codes.mean == 0)
    return codes;
  const double mean = value_of_mean(codes.mean);
  const int above = parts_above(aggregate.max, mean);
  const int p95 = std::min(parts_above(std::max(aggregate.p95, mean), mean), above);
  codes.above = static_cast<std::uint8_t>(above);
  codes.p95_below = static_cast<std::uint8_t>(above - p95);
  codes.below =
      static_cast<std::uint8_t>(aggregate.min > 0 ? parts_above(mean, aggregate.min) : kMinIsZero);
  return codes;
}

Aggregate PackedAggregates::restored(const Codes& codes) {
  const auto octaves = [](int parts) { return std::exp2(parts / kSpreadPartsPerOctave); };
  Aggregate aggregate;
  aggregate.mean = value_of_mean(codes.mean);
  aggregate.max = aggregate.mean * octaves(codes.above);
  aggregate.p95 = aggregate.mean * octaves(std::max(codes.above - codes.p95_below, 0));
  aggregate.min = codes.below == kMinIsZero ? 0 : aggregate.mean / octaves(codes.below);
  return aggregate;
}

std::span<const std::uint8_t> PackedAggregates::bytes_of(std::size_t chunk) const {
  const std::size_t begin = chunks_[chunk].begin;
  const std::size_t end = chunk + 1 < chunks_.size() ? chunks_[chunk + 1].begin : bytes_.size();
  return std::span(bytes_).subspan(begin, end - begin);
}

} // namespace berth::analyzer
