#pragma once
// Series: the measured course of one number, bounded in memory: every sample of the last window,
// and one aggregate per step of the last day. What was not measured is a gap and stays one: nothing
// here ever becomes zero because it is missing.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "lib/base/clock.hpp"

namespace berth::analyzer {

struct Sample {
  TimePoint at{};
  double value = 0; ///< in the resource's base unit, >= 0

  friend bool operator==(const Sample&, const Sample&) = default;
};

/// What a step of time (5 minutes) amounted to. A step without samples has no aggregate.
struct Aggregate {
  TimePoint start{};
  double min = 0;
  double mean = 0;
  double max = 0;
  double p95 = 0;
  std::size_t samples = 0;

  friend bool operator==(const Aggregate&, const Aggregate&) = default;
};

struct SeriesOptions {
  Duration interval = std::chrono::seconds{60}; ///< how often a sample is expected
  Duration window = std::chrono::hours{1};      ///< for how long every sample is kept
  Duration step = std::chrono::minutes{5};
  std::size_t aggregates_max = 288; ///< of so many steps of time: a day of 5-minute steps
};

/// What became of a sample that was offered.
enum class SampleFate { Added, Duplicate, OutOfOrder, FromTheFuture, NotANumber, Negative };

struct SampleCounts {
  std::uint64_t added = 0;
  std::uint64_t duplicates = 0;      ///< the time of the newest sample again
  std::uint64_t out_of_order = 0;    ///< older than the newest sample
  std::uint64_t from_the_future = 0; ///< more than an interval ahead of now
  std::uint64_t not_numbers = 0;     ///< NaN or infinite
  std::uint64_t negative = 0;
  std::uint64_t missing = 0; ///< intervals between two samples that had none

  friend bool operator==(const SampleCounts&, const SampleCounts&) = default;
};

class Series {
public:
  /// A sample older than this many intervals says nothing about now.
  static constexpr int kStaleIntervals = 3;

  explicit Series(SeriesOptions options = {});

  /// From now on a sample is expected this often; at most as long as the window.
  void expect_every(Duration interval);
  /// Keeps the sample, or counts why not. A sample far ahead of `now` is refused: kept, it would
  /// turn away all that come after it.
  SampleFate add(Sample sample, TimePoint now);

  /// Every sample of the window that ends with the newest one, oldest first.
  [[nodiscard]] const std::deque<Sample>& samples() const { return samples_; }
  /// The finished steps, oldest first; the step of the newest sample is not finished.
  [[nodiscard]] const std::deque<Aggregate>& aggregates() const { return aggregates_; }
  [[nodiscard]] std::optional<Sample> latest() const;
  [[nodiscard]] const SampleCounts& counts() const { return counts_; }
  [[nodiscard]] const SeriesOptions& options() const { return options_; }

  /// The samples of (now - span, now], oldest first.
  [[nodiscard]] std::vector<Sample> since(Duration span, TimePoint now) const;
  /// The share (0..1) of (now - span, now] that was measured: each sample tells of the time since
  /// the one before, or if that is too long ago of one interval.
  [[nodiscard]] double coverage(Duration span, TimePoint now) const;
  /// Whether there is no sample, or none of the last kStaleIntervals intervals.
  [[nodiscard]] bool is_stale(TimePoint now) const;

private:
  [[nodiscard]] SampleFate fate_of(const Sample& sample, TimePoint now) const;
  void count(SampleFate fate);
  void finish_step(TimePoint start);
  void drop_old();

  SeriesOptions options_;
  std::deque<Sample> samples_;
  std::deque<Aggregate> aggregates_;
  SampleCounts counts_;
};

} // namespace berth::analyzer
