// The part of the pod codec that sees how what runs in a pod ends.

#include "lib/cluster/pod_draft.hpp"

namespace berth::cluster {
namespace {

using kube::JsonElement;
using kube::member;
using kube::read_members;
using kube::read_text;

/// `state` and `lastState` may both tell of an end: the later one counts.
Result<void> read_end(JsonElement value, PodDraft::Container& into) {
  std::string_view reason;
  std::optional<TimePoint> ended;
  BERTH_CHECK(read_members(
      value, member("reason", [&](JsonElement it) { return read_text(it, reason); }),
      member("finishedAt", [&](JsonElement it) { return kube::read_time(it, ended.emplace()); })));
  if (!ended || (into.ended && *ended <= *into.ended))
    return {};
  into.ended = ended;
  into.ran_out_of_memory = reason == "OOMKilled";
  return {};
}

Result<void> read_waiting(JsonElement value, PodDraft::Container& into) {
  std::string_view reason;
  BERTH_CHECK(
      read_members(value, member("reason", [&](JsonElement it) { return read_text(it, reason); })));
  into.in_crash_loop = reason == "CrashLoopBackOff";
  return {};
}

void keep_newer(std::optional<PodFailure>& newest, PodFailure::Kind kind, TimePoint at) {
  if (!newest || newest->at < at)
    newest = PodFailure{kind, at};
}

} // namespace

Result<void> read_container_state(JsonElement value, PodDraft::Container& into) {
  return read_members(value,
                      member("waiting", [&](JsonElement it) { return read_waiting(it, into); }),
                      member("terminated", [&](JsonElement it) { return read_end(it, into); }));
}

std::optional<PodFailure> failure_of(const PodDraft& draft) {
  std::optional<PodFailure> newest;
  for (const auto* statuses : {&draft.container_statuses, &draft.init_container_statuses})
    for (const PodDraft::Container& status : *statuses) {
      if (!status.ended)
        continue;
      if (status.ran_out_of_memory)
        keep_newer(newest, PodFailure::Kind::OutOfMemory, *status.ended);
      else if (status.in_crash_loop)
        keep_newer(newest, PodFailure::Kind::CrashLoop, *status.ended);
    }
  if (draft.phase == "Failed" && draft.status_reason == "Evicted")
    keep_newer(newest, PodFailure::Kind::Evicted,
               draft.disrupted.value_or(draft.pod.view.started.value_or(draft.pod.view.created)));
  return newest;
}

std::optional<TimePoint> last_end_of(const PodDraft& draft) {
  std::optional<TimePoint> last;
  for (const PodDraft::Container& status : draft.container_statuses)
    if (status.ended && (!last || *last < *status.ended))
      last = status.ended;
  return last;
}

} // namespace berth::cluster
