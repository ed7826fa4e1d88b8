#include "lib/telemetry/metrics.hpp"

#include <algorithm>
#include <list>
#include <map>
#include <mutex>
#include <variant>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "lib/base/ensure.hpp"

namespace berth::telemetry {
namespace {

/// One series; it never moves, since its users hold its cell.
struct Series {
  LabelPairs labels;
  std::variant<Counter, Gauge, Histogram> cell;

  template <class Cell, class... Arguments>
  Series(LabelPairs pairs, std::in_place_type_t<Cell> type, Arguments... arguments)
      : labels(std::move(pairs)), cell(type, arguments...) {}
};

void check_spec(const MetricSpec& spec);
prometheus::MetricType type_of(MetricKind kind);
prometheus::ClientMetric collect(const Series& series);
void fill(prometheus::ClientMetric::Histogram& out, const Histogram& histogram);
prometheus::ClientMetric with_labels(const LabelPairs& labels);

} // namespace

/// The series of a metric that come and go with API objects.
struct ObjectSeries {
  std::vector<std::string> label_names;
  std::size_t objects_max = 0;
  Gauge* dropped = nullptr;

  ObjectSeries() = default;
  ObjectSeries(const ObjectSeries&) = delete;
  ObjectSeries& operator=(const ObjectSeries&) = delete;
  virtual ~ObjectSeries() = default;
  virtual void collect(std::vector<prometheus::ClientMetric>& out) = 0;

  void set_up(Registry& registry, const MetricSpec& spec, std::vector<std::string> names,
              std::size_t limit);
  [[nodiscard]] LabelPairs pairs(const std::vector<std::string>& values) const;
};

struct ObjectGauges::State : ObjectSeries {
  void collect(std::vector<prometheus::ClientMetric>& out) override;

  std::mutex mutex; ///< guards the samples
  std::vector<Sample> samples;
};

struct ObjectHistograms::State : ObjectSeries {
  explicit State(std::span<const double> used) : bounds(used) {}
  void collect(std::vector<prometheus::ClientMetric>& out) override;
  /// nullptr if there is no room.
  [[nodiscard]] Histogram* find_or_make(const LabelValues& object);

  std::span<const double> bounds;
  std::mutex mutex; ///< guards the cells
  std::map<LabelValues, Histogram> cells;
};

struct Registry::Impl {
  struct Family {
    MetricSpec spec;
    std::list<Series> series;
    std::shared_ptr<ObjectSeries> objects; ///< instead of series
  };

  mutable std::mutex mutex; ///< guards what follows, never held while counting
  std::map<std::string, Family, std::less<>> families;
  std::vector<std::function<void()>> refreshers;

  Family& family(const MetricSpec& spec);
  template <class Cell, class... Arguments>
  Cell& cell(const MetricSpec& spec, LabelPairs labels, Arguments... arguments);
};

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds), counts_(new std::atomic<std::uint64_t>[bounds.size() + 1]()) {
  ensure(!bounds.empty() && std::ranges::is_sorted(bounds), "a histogram's bounds must ascend");
}

void Histogram::observe(double value) {
  const auto bound = std::ranges::lower_bound(bounds_, value);
  const auto index = static_cast<std::size_t>(bound - bounds_.begin());
  counts_[index].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<std::uint64_t> Histogram::counts() const {
  std::vector<std::uint64_t> counts(bounds_.size() + 1);
  for (std::size_t index = 0; index < counts.size(); ++index)
    counts[index] = counts_[index].load(std::memory_order_relaxed);
  return counts;
}

Registry::Registry() : impl_(std::make_unique<Impl>()) {}

Registry::~Registry() = default;

Counter& Registry::counter(const MetricSpec& spec, LabelPairs labels) {
  ensure(spec.kind == MetricKind::Counter, "this metric is not a counter");
  return impl_->cell<Counter>(spec, std::move(labels));
}

Gauge& Registry::gauge(const MetricSpec& spec, LabelPairs labels) {
  ensure(spec.kind == MetricKind::Gauge, "this metric is not a gauge");
  return impl_->cell<Gauge>(spec, std::move(labels));
}

Histogram& Registry::histogram(const MetricSpec& spec, LabelPairs labels) {
  ensure(spec.kind == MetricKind::Histogram, "this metric is not a histogram");
  return impl_->cell<Histogram>(spec, std::move(labels), spec.bounds);
}

void Registry::before_exposition(std::function<void()> refresh) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->refreshers.push_back(std::move(refresh));
}

std::string Registry::exposition() const {
  std::unique_lock lock(impl_->mutex);
  const auto refreshers = impl_->refreshers;
  lock.unlock();
  for (const auto& refresh : refreshers)
    refresh();
  lock.lock();
  std::vector<prometheus::MetricFamily> families;
  families.reserve(impl_->families.size());
  for (const auto& [name, family] : impl_->families) {
    prometheus::MetricFamily& out = families.emplace_back();
    out.name = name;
    out.help = family.spec.help;
    out.type = type_of(family.spec.kind);
    for (const Series& series : family.series)
      out.metric.push_back(collect(series));
    if (family.objects)
      family.objects->collect(out.metric);
  }
  lock.unlock();
  return prometheus::TextSerializer().Serialize(families);
}

std::vector<MetricDescription> Registry::describe() const {
  const std::scoped_lock lock(impl_->mutex);
  std::vector<MetricDescription> described;
  for (const auto& [name, family] : impl_->families) {
    MetricDescription& out = described.emplace_back();
    out.kind = family.spec.kind;
    out.name = name;
    out.help = family.spec.help;
    if (family.objects) {
      for (const std::string& label : family.objects->label_names)
        out.labels.emplace_back(label, std::vector<std::string>{});
    }
    for (const Series& series : family.series) {
      out.labels.resize(series.labels.size());
      for (std::size_t label = 0; label < series.labels.size(); ++label) {
        auto& [label_name, values] = out.labels[label];
        label_name = series.labels[label].first;
        if (std::ranges::find(values, series.labels[label].second) == values.end())
          values.push_back(series.labels[label].second);
      }
    }
  }
  return described;
}

Registry::Impl::Family& Registry::Impl::family(const MetricSpec& spec) {
  const auto [entry, is_new] = families.try_emplace(std::string(spec.name));
  Family& family = entry->second;
  if (is_new) {
    check_spec(spec);
    family.spec = spec;
  }
  ensure(family.spec.kind == spec.kind && family.spec.help == spec.help,
         "a metric was described in two ways");
  return family;
}

template <class Cell, class... Arguments>
Cell& Registry::Impl::cell(const MetricSpec& spec, LabelPairs labels, Arguments... arguments) {
  const std::scoped_lock lock(mutex);
  Family& of = family(spec);
  const auto known = std::ranges::find(of.series, labels, &Series::labels);
  if (known != of.series.end())
    return std::get<Cell>(known->cell);
  of.series.emplace_back(std::move(labels), std::in_place_type<Cell>, arguments...);
  return std::get<Cell>(of.series.back().cell);
}

void ObjectSeries::set_up(Registry& registry, const MetricSpec& spec,
                          std::vector<std::string> names, std::size_t limit) {
  constexpr MetricSpec kDropped{MetricKind::Gauge, "berth_metric_series_dropped",
                                "Series of a metric left out because there were too many."};
  label_names = std::move(names);
  objects_max = limit;
  dropped = &registry.gauge(kDropped, {{"metric", std::string(spec.name)}});
}

LabelPairs ObjectSeries::pairs(const std::vector<std::string>& values) const {
  LabelPairs labels;
  for (std::size_t label = 0; label < values.size(); ++label)
    labels.emplace_back(label_names[label], values[label]);
  return labels;
}

ObjectGauges::ObjectGauges(Registry& registry, const MetricSpec& spec,
                           std::vector<std::string> label_names, std::size_t series_max)
    : state_(std::make_shared<State>()) {
  ensure(spec.kind == MetricKind::Gauge, "this metric is not a gauge");
  state_->set_up(registry, spec, std::move(label_names), series_max);
  const std::scoped_lock lock(registry.impl_->mutex);
  registry.impl_->family(spec).objects = state_;
}

void ObjectGauges::replace(std::vector<Sample> samples) {
  const std::size_t kept = std::min(samples.size(), state_->objects_max);
  state_->dropped->set(static_cast<double>(samples.size() - kept));
  samples.resize(kept);
  for (const Sample& sample : samples)
    ensure(sample.label_values.size() == state_->label_names.size(), "a label has no value");
  const std::scoped_lock lock(state_->mutex);
  state_->samples.swap(samples);
}

void ObjectGauges::State::collect(std::vector<prometheus::ClientMetric>& out) {
  const std::scoped_lock lock(mutex);
  for (const Sample& sample : samples) {
    out.push_back(with_labels(pairs(sample.label_values)));
    out.back().gauge.value = sample.value;
  }
}

ObjectHistograms::ObjectHistograms(Registry& registry, const MetricSpec& spec,
                                   std::vector<std::string> label_names, std::size_t objects_max)
    : state_(std::make_shared<State>(spec.bounds)) {
  ensure(spec.kind == MetricKind::Histogram, "this metric is not a histogram");
  state_->set_up(registry, spec, std::move(label_names), objects_max);
  const std::scoped_lock lock(registry.impl_->mutex);
  registry.impl_->family(spec).objects = state_;
}

void ObjectHistograms::keep(const std::set<LabelValues>& objects) {
  const std::scoped_lock lock(state_->mutex);
  std::erase_if(state_->cells, [&](const auto& cell) { return !objects.contains(cell.first); });
  std::size_t left_out = 0;
  for (const LabelValues& object : objects)
    left_out += state_->find_or_make(object) == nullptr ? 1 : 0;
  state_->dropped->set(static_cast<double>(left_out));
}

void ObjectHistograms::observe(const LabelValues& object, double value) {
  const std::scoped_lock lock(state_->mutex);
  if (Histogram* cell = state_->find_or_make(object))
    cell->observe(value);
}

Histogram* ObjectHistograms::State::find_or_make(const LabelValues& object) {
  ensure(object.size() == label_names.size(), "a label has no value");
  const auto known = cells.find(object);
  if (known != cells.end())
    return &known->second;
  if (cells.size() >= objects_max)
    return nullptr;
  return &cells.try_emplace(object, bounds).first->second;
}

void ObjectHistograms::State::collect(std::vector<prometheus::ClientMetric>& out) {
  const std::scoped_lock lock(mutex);
  for (const auto& [object, cell] : cells) {
    out.push_back(with_labels(pairs(object)));
    fill(out.back().histogram, cell);
  }
}

namespace {

void check_spec(const MetricSpec& spec) {
  const auto is_name_char = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  ensure(!spec.name.empty() && std::ranges::all_of(spec.name, is_name_char),
         "a metric's name must be lower case with underscores");
  ensure(spec.name.ends_with("_total") == (spec.kind == MetricKind::Counter),
         "counters end with _total, and nothing else does");
  ensure(spec.help.ends_with('.'), "a metric's help must be a sentence");
}

prometheus::MetricType type_of(MetricKind kind) {
  switch (kind) {
  case MetricKind::Counter: return prometheus::MetricType::Counter;
  case MetricKind::Gauge: return prometheus::MetricType::Gauge;
  case MetricKind::Histogram: return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric collect(const Series& series) {
  prometheus::ClientMetric out = with_labels(series.labels);
  if (const auto* counter = std::get_if<Counter>(&series.cell)) {
    out.counter.value = counter->value();
  } else if (const auto* gauge = std::get_if<Gauge>(&series.cell)) {
    out.gauge.value = gauge->value();
  } else {
    fill(out.histogram, std::get<Histogram>(series.cell));
  }
  return out;
}

void fill(prometheus::ClientMetric::Histogram& out, const Histogram& histogram) {
  const auto counts = histogram.counts();
  std::uint64_t cumulative = 0;
  for (std::size_t bound = 0; bound < histogram.bounds().size(); ++bound) {
    cumulative += counts[bound];
    out.bucket.push_back({cumulative, histogram.bounds()[bound]});
  }
  out.sample_count = cumulative + counts.back();
  out.sample_sum = histogram.sum();
}

prometheus::ClientMetric with_labels(const LabelPairs& labels) {
  prometheus::ClientMetric out;
  for (const auto& [name, value] : labels)
    out.label.push_back({name, value});
  return out;
}

} // namespace

} // namespace berth::telemetry
