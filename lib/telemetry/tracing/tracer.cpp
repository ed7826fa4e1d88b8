#include "lib/telemetry/tracing/tracer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <iterator>
#include <utility>

#include "lib/base/rng.hpp"

namespace berth::telemetry {
namespace {

std::int64_t wall_minus_steady_ns(const Clock& clock) {
  return Tracer::unix_ns(clock.now()) - clock.steady_now().time_since_epoch().count();
}

} // namespace

struct Tracer::Core {
  Core(const Clock& used, TraceMetrics& counters, Sampling kept, std::uint64_t seed)
      : clock(used), metrics(counters), sampling(kept), next_span(seed),
        wall_offset_ns(wall_minus_steady_ns(used)) {}

  const Clock& clock;
  TraceMetrics& metrics;
  const Sampling sampling;
  std::atomic<std::uint64_t> next_span;
  /// Spans are timed by steady time, which has nanoseconds; this makes wall time of it.
  std::atomic<std::int64_t> wall_offset_ns;

  std::mutex mutex; ///< guards the queue, for a move in or out
  std::deque<Span> queue;

  [[nodiscard]] std::optional<Span> begin(Constant name, const TracedPod& pod);
};

Sampling Sampling::of_ratio(double ratio) {
  return {static_cast<std::uint64_t>(std::llround((1 - ratio) * static_cast<double>(kAllIds)))};
}

Tracer::Tracer(const Clock& clock, TraceMetrics& metrics, Sampling sampling, std::uint64_t seed)
    : core_(std::make_shared<Core>(clock, metrics, sampling, seed)) {}

std::optional<Span> Tracer::Core::begin(Constant name, const TracedPod& pod) {
  const TraceId trace = trace_of(pod.uid);
  if (!sampling.keeps(trace))
    return std::nullopt;
  Span span;
  span.context.trace = trace;
  span.name = name;
  span.add("k8s.namespace.name", std::string(pod.ns));
  span.add("k8s.pod.name", std::string(pod.name));
  span.add("k8s.pod.uid", std::string(pod.uid));
  return span;
}

std::optional<Span> Tracer::span(Constant name, const TracedPod& pod, SpanKind kind) const {
  auto span = core_ ? core_->begin(name, pod) : std::nullopt;
  if (!span)
    return span;
  span->kind = kind;
  span->context.span = {Rng(core_->next_span.fetch_add(1, std::memory_order_relaxed)).next() | 1U};
  span->parent = root_of(span->context.trace);
  return span;
}

std::optional<Span> Tracer::root_span(Constant name, const TracedPod& pod) const {
  auto span = core_ ? core_->begin(name, pod) : std::nullopt;
  if (span)
    span->context.span = root_of(span->context.trace);
  return span;
}

std::int64_t Tracer::unix_ns(SteadyPoint at) const {
  return at.time_since_epoch().count() + core_->wall_offset_ns.load(std::memory_order_relaxed);
}

std::int64_t Tracer::unix_ns(TimePoint at) {
  return std::chrono::nanoseconds{at.time_since_epoch()}.count();
}

void Tracer::record(Span span) const {
  const std::scoped_lock lock(core_->mutex);
  if (core_->queue.size() < kQueueSpansMax)
    core_->queue.push_back(std::move(span));
  else
    core_->metrics.spans(SpanOutcome::Dropped).add();
}

std::vector<Span> Tracer::take(std::size_t spans_max) const {
  const std::scoped_lock lock(core_->mutex);
  const auto count = static_cast<std::ptrdiff_t>(std::min(spans_max, core_->queue.size()));
  const auto begin = core_->queue.begin();
  std::vector<Span> taken(std::make_move_iterator(begin), std::make_move_iterator(begin + count));
  core_->queue.erase(begin, begin + count);
  return taken;
}

void Tracer::follow_clock() const {
  // Wall time comes in milliseconds: less than a few of them is no change.
  constexpr std::int64_t kJitterNs = 20'000'000;
  const std::int64_t offset = wall_minus_steady_ns(core_->clock);
  const std::int64_t used = core_->wall_offset_ns.load(std::memory_order_relaxed);
  if (std::abs(offset - used) > kJitterNs)
    core_->wall_offset_ns.store(offset, std::memory_order_relaxed);
}

} // namespace berth::telemetry
