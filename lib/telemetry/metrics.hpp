#pragma once
// Registry: the metrics of one program. A series is a cell of atomics that its user holds by
// reference, so that counting takes no lock and no look-up; label values come from closed sets and
// every series exists at zero from the start. What is measured stands in catalog.hpp, not here.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::telemetry {

/// A number that only grows.
class Counter {
public:
  void add(double amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  /// For a total that is kept elsewhere and must never go back.
  void set_total(double total) { value_.store(total, std::memory_order_relaxed); }
  [[nodiscard]] double value() const { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<double> value_{0};
};

/// A number that goes up and down.
class Gauge {
public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  [[nodiscard]] double value() const { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<double> value_{0};
};

/// How often values fell below each bound, and their sum.
class Histogram {
public:
  /// `bounds` ascending and alive as long as the program (a constant).
  explicit Histogram(std::span<const double> bounds);

  void observe(double value);
  [[nodiscard]] std::span<const double> bounds() const { return bounds_; }
  /// How many values were <= bounds()[i] and above the one before; the last entry has the rest.
  [[nodiscard]] std::vector<std::uint64_t> counts() const;
  [[nodiscard]] double sum() const { return sum_.load(std::memory_order_relaxed); }

private:
  std::span<const double> bounds_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
  std::atomic<double> sum_{0};
};

/// Bounds for what must take well under a millisecond up to what must not take ten seconds.
inline constexpr std::array<double, 16> kCallSeconds{
    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
    0.025,   0.05,   0.1,     0.25,   0.5,   1,      2.5,   10};
/// Bounds for waits, from a second to a day.
inline constexpr std::array<double, 12> kWaitSeconds{1,   5,    15,   30,    60,    300,
                                                     900, 1800, 3600, 10800, 43200, 86400};

enum class MetricKind { Counter, Gauge, Histogram };

/// What a family is, apart from its labels. The texts are constants of the program.
struct MetricSpec {
  MetricKind kind = MetricKind::Counter;
  std::string_view name; ///< ends with the unit; counters end with _total
  std::string_view help; ///< one sentence
  std::span<const double> bounds{};
};

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

/// A family as the reference page shows it.
struct MetricDescription {
  MetricKind kind;
  std::string name;
  std::string help;
  /// Each label with its values in the order declared; no values: names of API objects.
  std::vector<std::pair<std::string, std::vector<std::string>>> labels;
};

class Registry {
public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// The cell of that series; the same one when it is asked for again. Cells live as long as the
  /// registry. A family asked for with another kind or help is a programmer's error.
  [[nodiscard]] Counter& counter(const MetricSpec& spec, LabelPairs labels = {});
  [[nodiscard]] Gauge& gauge(const MetricSpec& spec, LabelPairs labels = {});
  [[nodiscard]] Histogram& histogram(const MetricSpec& spec, LabelPairs labels = {});

  /// Calls `refresh` before each exposition, for values that are kept elsewhere. It runs on the
  /// thread that serves the scrape.
  void before_exposition(std::function<void()> refresh);

  /// All series in Prometheus' text format 0.0.4.
  [[nodiscard]] std::string exposition() const;
  /// Every family, ordered by name.
  [[nodiscard]] std::vector<MetricDescription> describe() const;

private:
  friend class ObjectGauges;
  friend class ObjectHistograms;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Gauges whose labels name API objects (quotas, pools). Their owner replaces the whole family, so
/// a deleted object leaves no series behind; more than `series_max` are cut off and counted in
/// berth_metric_series_dropped.
class ObjectGauges {
public:
  struct Sample {
    std::vector<std::string> label_values; ///< as many as label names
    double value = 0;
  };

  ObjectGauges(Registry& registry, const MetricSpec& spec, std::vector<std::string> label_names,
               std::size_t series_max = kSeriesMax);

  /// From any thread; not for hot paths.
  void replace(std::vector<Sample> samples);

  static constexpr std::size_t kSeriesMax = 20'000;

private:
  friend class Registry;
  struct State;
  std::shared_ptr<State> state_;
};

/// Histograms whose labels name API objects (quotas). Their owner says which objects there are, so
/// a deleted one leaves no series behind; more than `objects_max` are left out and counted in
/// berth_metric_series_dropped.
class ObjectHistograms {
public:
  using LabelValues = std::vector<std::string>; ///< as many as label names

  ObjectHistograms(Registry& registry, const MetricSpec& spec, std::vector<std::string> label_names,
                   std::size_t objects_max = kObjectsMax);

  /// The series of exactly these objects stay; new ones begin at zero. From any thread; not for
  /// hot paths.
  void keep(const std::set<LabelValues>& objects);
  /// Of an object that is not known yet, too. From any thread; takes a lock.
  void observe(const LabelValues& object, double value);

  static constexpr std::size_t kObjectsMax = 2'000;

private:
  struct State;
  std::shared_ptr<State> state_;
};

} // namespace berth::telemetry
