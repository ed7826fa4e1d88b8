#pragma once
// Tracer: hands finished spans to whoever sends them (exporter.hpp), and never waits for it: what
// the queue has no room for is dropped and counted. Which pods are traced is decided by the trace's
// id alone, so that all programs choose the same ones. A Tracer made of nothing is off: it samples
// no pod, so that nothing is done for spans. Cheap to copy; may be used from several threads.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/telemetry/catalog.hpp"
#include "lib/telemetry/tracing/span.hpp"

namespace berth::telemetry {

/// The part of traces that is kept, by the 56 bits of their ids that are random (W3C Trace Context
/// level 2): those not below `kept_from`.
struct Sampling {
  static constexpr std::uint64_t kAllIds = std::uint64_t{1} << 56U;

  /// 0: every trace; kAllIds: none.
  std::uint64_t kept_from = 0;

  /// `ratio` is 0 to 1.
  [[nodiscard]] static Sampling of_ratio(double ratio);
  [[nodiscard]] bool keeps(const TraceId& trace) const {
    return (trace.low & (kAllIds - 1)) >= kept_from;
  }
  friend bool operator==(const Sampling&, const Sampling&) = default;
};

class Tracer {
public:
  /// Spans that wait to be sent; further ones are dropped.
  static constexpr std::size_t kQueueSpansMax = 4096;

  /// Off.
  Tracer() = default;
  /// `seed` makes the ids of spans differ between programs. Clock and metrics must outlive it.
  Tracer(const Clock& clock, TraceMetrics& metrics, Sampling sampling, std::uint64_t seed);

  [[nodiscard]] bool is_on() const { return core_ != nullptr; }
  /// A span of the pod's trace, below its root, with what every span says of its pod; nothing if
  /// that pod is not traced. It has neither begun nor ended.
  [[nodiscard]] std::optional<Span> span(Constant name, const TracedPod& pod,
                                         SpanKind kind = SpanKind::Internal) const;
  /// The root of that trace, in the same way.
  [[nodiscard]] std::optional<Span> root_span(Constant name, const TracedPod& pod) const;
  /// Only while it is on.
  [[nodiscard]] std::int64_t unix_ns(SteadyPoint at) const;
  [[nodiscard]] static std::int64_t unix_ns(TimePoint at);
  /// Takes a span that has ended. Only while it is on.
  void record(Span span) const;

  /// For the exporter: at most `spans_max`, the oldest first.
  [[nodiscard]] std::vector<Span> take(std::size_t spans_max) const;
  /// For the exporter, now and then: wall time may have been set since.
  void follow_clock() const;

private:
  struct Core;
  std::shared_ptr<Core> core_;
};

} // namespace berth::telemetry
