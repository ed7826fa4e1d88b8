#pragma once
// History: all series that the analyzer keeps, by name, and the highest values that do not decay
// while what they are of is there. Bounded: beyond its limits it refuses new series and marks, and
// keeps fewer days of all rather than more bytes. What sources do wrong and what is refused is
// counted and can be seen. For the advisor; snapshot.hpp carries it over a restart.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "analyzer/model/series.hpp"

namespace berth::analyzer {

/// A path such as "node/n-1/cpu". Names of Kubernetes objects have no slash.
[[nodiscard]] std::string series_name(std::initializer_list<std::string_view> parts);

struct HistoryLimits {
  std::size_t series_max = 40'000;
  /// Of all series together. Where that is too little for two weeks, all keep fewer whole days.
  std::size_t bytes_max = std::size_t{88} << 20U;
  /// Marks are counted by themselves.
  std::size_t marks_max = 40'000;
  /// A series without a sample for so long is dropped: its node or workload is gone.
  Duration forget_after = std::chrono::days{7};
  /// A mark of which nobody said for so long that it is still of something is dropped. Longer than
  /// a series: what runs once a month is not to be killed each time.
  Duration forget_marks_after = std::chrono::days{35};
};

/// The highest value of a name.
struct Mark {
  double value = 0;
  TimePoint seen{}; ///< when what it is of was last there

  friend bool operator==(const Mark&, const Mark&) = default;
};

struct HistoryTotals {
  std::size_t series = 0;
  std::size_t stale = 0; ///< without a sample of the last intervals
  std::size_t bytes = 0;
  Duration kept{};           ///< of aggregates
  std::uint64_t refused = 0; ///< samples of series beyond series_max
  SampleCounts samples{};    ///< of all series that ever were
  std::size_t marks = 0;
  std::uint64_t marks_refused = 0; ///< values of marks beyond marks_max

  friend bool operator==(const HistoryTotals&, const HistoryTotals&) = default;
};

class History {
public:
  using SeriesByName = std::map<std::string, Series, std::less<>>;
  using Marks = std::map<std::string, Mark, std::less<>>;

  explicit History(SeriesOptions options, HistoryLimits limits = {});

  /// Samples are expected this often from now on.
  void expect_every(Duration interval);
  /// Adds the sample to the series of that name, which begins with it. OutOfOrder and the like are
  /// refused; nothing where there is no room for another series.
  std::optional<SampleFate> add(std::string_view name, const Sample& sample, TimePoint now);
  /// Remembers `value` if it is the highest of that name. Marks do not decay; they go as a whole
  /// once nobody has raised or seen them for forget_marks_after.
  void raise(std::string_view name, double value, TimePoint now);
  /// What the mark of that name is of is there; nothing where there is no such mark.
  void see(std::string_view name, TimePoint now);

  /// Null: never measured. Valid until tend() or a new series.
  [[nodiscard]] const Series* find(std::string_view name) const;
  /// 0: never raised.
  [[nodiscard]] double mark(std::string_view name) const;
  [[nodiscard]] const SeriesByName& series() const { return series_; }
  [[nodiscard]] const Marks& marks() const { return marks_; }
  [[nodiscard]] const SeriesOptions& options() const { return options_; }

  /// Drops what is gone and keeps the limits; to be called after each round of samples.
  void tend(TimePoint now);
  /// Takes over a series from a snapshot; false where it exists or there is no room.
  bool restore(std::string name, const std::vector<Aggregate>& steps,
               const std::vector<Sample>& samples);

  /// As of the last tend().
  [[nodiscard]] const HistoryTotals& totals() const { return totals_; }

private:
  [[nodiscard]] std::size_t bytes() const;
  void keep_aggregates(Duration kept);

  SeriesOptions options_;
  Duration kept_at_most_;
  HistoryLimits limits_;
  SeriesByName series_;
  Marks marks_;
  HistoryTotals totals_;
};

} // namespace berth::analyzer
