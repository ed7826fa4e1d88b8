#pragma once
// Series: the measured course of one number, bounded in memory: every sample of the last window,
// and one aggregate per step of the last two weeks, packed. What was not measured is a gap and
// stays one: nothing here ever becomes zero because it is missing.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "analyzer/model/history/aggregate.hpp"
#include "analyzer/model/history/packed_aggregates.hpp"
#include "lib/base/clock.hpp"

namespace berth::analyzer {

struct Sample {
  TimePoint at{};
  double value = 0; ///< in the resource's base unit, >= 0; a series keeps 24 bits of it

  friend bool operator==(const Sample&, const Sample&) = default;
};

struct SeriesOptions {
  Duration interval = std::chrono::seconds{60}; ///< how often a sample is expected
  Duration window = std::chrono::hours{1};      ///< for how long every sample is kept
  Duration step = std::chrono::minutes{5};
  Duration aggregates_kept = std::chrono::days{14};
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

  SampleCounts& operator+=(const SampleCounts& more);
  /// What was counted since `before`.
  [[nodiscard]] SampleCounts since(const SampleCounts& before) const;
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
  [[nodiscard]] std::vector<Sample> samples() const;
  /// The finished steps that are kept and start at `from` or later, oldest first, rounded as
  /// packed_aggregates.hpp says; the step of the newest sample is not finished.
  [[nodiscard]] std::vector<Aggregate> aggregates(TimePoint from = {}) const;
  /// The same as bytes, a day each, for a snapshot.
  [[nodiscard]] const PackedAggregates& packed() const { return aggregates_; }
  /// Takes over what a snapshot says: steps, and samples after them, each later than those before
  /// it. What is not so is left out. For a series that has nothing yet.
  void restore(const std::vector<Aggregate>& steps, const std::vector<Sample>& samples);
  /// From now on aggregates are kept so long; those that are older go at once, by whole days.
  void keep_aggregates(Duration kept);
  /// All that it takes up, itself included.
  [[nodiscard]] std::size_t bytes() const;
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
  struct Packed {
    std::uint32_t after_base_ms = 0;
    float value = 0;
  };

  [[nodiscard]] Sample unpacked(Packed packed) const;
  [[nodiscard]] SampleFate fate_of(const Sample& sample, TimePoint now) const;
  void count(SampleFate fate);
  void keep(const Sample& sample);
  void finish_step(TimePoint start);
  void drop_old();

  SeriesOptions options_;
  TimePoint base_{}; ///< of the times in samples_
  std::vector<Packed> samples_;
  PackedAggregates aggregates_;
  TimePoint newest_step_{}; ///< of aggregates_
  SampleCounts counts_;
};

} // namespace berth::analyzer
