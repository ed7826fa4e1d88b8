#pragma once
// The closed sets that label the product's metrics. A new value means a new word here; its series
// appear at zero and the reference page follows.

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "lib/base/reason.hpp"
#include "lib/telemetry/family.hpp"

namespace berth::telemetry {

/// BERTH_LABEL(enum, its last enumerator, "label name", "value of each enumerator"...)
#define BERTH_LABEL(Enum, last, label, ...)                                                        \
  template <>                                                                                      \
  struct Label<Enum> {                                                                             \
    static constexpr std::string_view kName = label;                                               \
    static constexpr auto kValues = std::to_array<std::string_view>({__VA_ARGS__});                \
    static constexpr std::size_t kCount = kValues.size();                                          \
    static_assert(kCount == static_cast<std::size_t>(Enum::last) + 1);                             \
    static constexpr std::string_view value(std::size_t index) {                                   \
      return kValues[index];                                                                       \
    }                                                                                              \
  }

template <>
struct Label<Reason> {
  static constexpr std::string_view kName = "reason";
#define BERTH_COUNT_REASON(name, meaning) +1
  static constexpr std::size_t kCount = 0 BERTH_REASONS(BERTH_COUNT_REASON);
#undef BERTH_COUNT_REASON
  static std::string_view value(std::size_t index) { return to_string(static_cast<Reason>(index)); }
};

enum class ExtenderVerb { Filter, Prioritize, Preempt, Bind };
BERTH_LABEL(ExtenderVerb, Bind, "verb", "filter", "prioritize", "preempt", "bind");

/// How a call ended: done, decided against (a binding), answered with an error, or not understood.
enum class CallOutcome { Ok, Refused, Error, Invalid };
BERTH_LABEL(CallOutcome, Invalid, "outcome", "ok", "refused", "error", "invalid");

/// What became of a review of the gate's webhook: the pod is patched, left as it is, or not
/// understood.
enum class GateOutcome { Gated, Left, Invalid };
BERTH_LABEL(GateOutcome, Invalid, "outcome", "gated", "left", "invalid");

/// How a write to the API, a query or a reload ended.
enum class Outcome { Ok, Error };
BERTH_LABEL(Outcome, Error, "outcome", "ok", "error");

/// What became of a span: the collector has it; the queue had no room for it; it could not be sent,
/// or the collector did not want it.
enum class SpanOutcome { Sent, Dropped, Failed };
BERTH_LABEL(SpanOutcome, Failed, "outcome", "sent", "dropped", "failed");

enum class ReconcileOutcome { Done, Requeued, Error };
BERTH_LABEL(ReconcileOutcome, Error, "outcome", "done", "requeued", "error");

enum class CyclePhase { Observe, Decide, Act };
BERTH_LABEL(CyclePhase, Act, "phase", "observe", "decide", "act");

enum class PlacementMode { Candidates, Nominate, Extender };
BERTH_LABEL(PlacementMode, Extender, "mode", "candidates", "nominate", "extender");

/// What became of a write that admits: it is there; nothing was to be written any more, since the
/// object is gone or has changed; the API server refuses it; nobody knows.
enum class AdmissionOutcome { Done, Gone, Overtaken, Refused, Unknown };
BERTH_LABEL(AdmissionOutcome, Unknown, "outcome", "done", "gone", "overtaken", "refused",
            "unknown");

/// Why a workload lost what it was admitted to: for work of a higher priority in its quota, for
/// critical work, for the owner of what it borrowed, for a reservation, to relieve its pool, at the
/// end of its quota's burst, because no candidate could take it any more (each pod counts), or
/// because its gang did not come to run whole.
enum class EvictionCause {
  Priority,
  Critical,
  Reclaim,
  Reservation,
  Shedding,
  BurstEnded,
  CandidatesLost,
  GangRollback,
};
BERTH_LABEL(EvictionCause, GangRollback, "cause", "priority", "critical", "reclaim", "reservation",
            "shedding", "burst_ended", "candidates_lost", "gang_rollback");

enum class ReservationState { Pending, Accepted, Active, Ended };
BERTH_LABEL(ReservationState, Ended, "state", "pending", "accepted", "active", "ended");

/// Whether a reservation's capacity was there when its window opened.
enum class LogOutcome { Recorded, Dropped, Failed };
BERTH_LABEL(LogOutcome, Failed, "outcome", "recorded", "dropped", "failed");

enum class WindowOutcome { Honored, Missed };
BERTH_LABEL(WindowOutcome, Missed, "outcome", "honored", "missed");

/// Why a list was made: at start, because the history was gone, after an error, for the audit.
enum class RelistReason { Start, Gone, Error, Audit };
BERTH_LABEL(RelistReason, Audit, "reason", "start", "gone", "error", "audit");

enum class WatchEventType { Added, Modified, Deleted, Bookmark, Error };
BERTH_LABEL(WatchEventType, Error, "type", "added", "modified", "deleted", "bookmark", "error");

/// What became of a measurement that a source gave.
enum class SampleOutcome {
  Added,
  Duplicate,
  OutOfOrder,
  FromTheFuture,
  NotANumber,
  Negative,
  NoRoom,
};
BERTH_LABEL(SampleOutcome, NoRoom, "outcome", "added", "duplicate", "out_of_order",
            "from_the_future", "not_a_number", "negative", "no_room");

/// How far ahead a forecast was: a few minutes, or an hour.
enum class ForecastReach { Minutes, Hour };
BERTH_LABEL(ForecastReach, Hour, "reach", "minutes", "hour");

/// Whether what was measured lay within what was foreseen.
enum class ForecastOutcome { Held, Missed };
BERTH_LABEL(ForecastOutcome, Missed, "outcome", "held", "missed");

/// The kinds of ScalingRecommendation, in the order of the API.
enum class AdviceKind {
  ScaleOut,
  ScaleIn,
  Resize,
  Rebalance,
  Defragment,
  AdjustQuota,
  GrowPool,
  ShrinkPool,
  EnterBurst,
  LeaveBurst,
  ResolveBottleneck,
};
BERTH_LABEL(AdviceKind, ResolveBottleneck, "kind", "ScaleOut", "ScaleIn", "Resize", "Rebalance",
            "Defragment", "AdjustQuota", "GrowPool", "ShrinkPool", "EnterBurst", "LeaveBurst",
            "ResolveBottleneck");

/// How a measured value left what is usual: far above, far below, or as it never came before.
enum class AnomalyLabel { Spike, Drop, Pattern };
BERTH_LABEL(AnomalyLabel, Pattern, "kind", "spike", "drop", "pattern");

/// Whether a series is watched for anomalies, or there is no room for it.
enum class WatchState { Watched, NoRoom };
BERTH_LABEL(WatchState, NoRoom, "state", "watched", "no_room");

/// What holds work back.
enum class BottleneckLabel { Capacity, Allocation, Contention, Fragmentation, Throttling };
BERTH_LABEL(BottleneckLabel, Throttling, "kind", "Capacity", "Allocation", "Contention",
            "Fragmentation", "Throttling");

/// How much of the capacity, or of the time, a bottleneck concerns.
enum class SeverityLabel { Low, Medium, High, Critical };
BERTH_LABEL(SeverityLabel, Critical, "severity", "Low", "Medium", "High", "Critical");

/// What a request for external metrics was answered: the value; that it is not known; or why not.
enum class MetricsAnswer { Ok, Unknown, Unauthorized, Forbidden, NotFound, Invalid, Error };
BERTH_LABEL(MetricsAnswer, Error, "outcome", "ok", "unknown", "unauthorized", "forbidden",
            "not_found", "invalid", "error");

/// What the API server said of a user's right, or that it could not be asked.
enum class ReviewOutcome { Allowed, Denied, Error };
BERTH_LABEL(ReviewOutcome, Error, "outcome", "allowed", "denied", "error");

enum class HttpMethod { Get, Post, Put, Patch, Delete, Other };
BERTH_LABEL(HttpMethod, Other, "method", "GET", "POST", "PUT", "PATCH", "DELETE", "other");

/// The status of an API server's answer; None when no answer came.
// clang-format off
enum class StatusCode {
  S200, S201, S202, S400, S401, S403, S404, S405, S406, S409, S410, S413, S415, S422, S429,
  S500, S502, S503, S504, Other, None,
};
// clang-format on
BERTH_LABEL(StatusCode, None, "code", "200", "201", "202", "400", "401", "403", "404", "405", "406",
            "409", "410", "413", "415", "422", "429", "500", "502", "503", "504", "other",
            "<error>");

/// The label of a status that came, or of none.
[[nodiscard]] StatusCode status_code(std::optional<int> status);
[[nodiscard]] HttpMethod http_method(std::string_view method);

} // namespace berth::telemetry
