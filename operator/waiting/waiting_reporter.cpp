#include "operator/waiting/waiting_reporter.hpp"

#include <algorithm>
#include <utility>

#include "lib/api/labels.hpp"
#include "lib/kube/client.hpp"
#include "operator/admission/admission_patch.hpp"
#include "operator/tracing/pod_spans.hpp"

namespace berth::op {
namespace {

constexpr Duration kWriteInterval = std::chrono::seconds{1};

std::string explanation(Reason reason, const std::string& message) {
  return std::string(to_string(reason)) + ": " + message;
}

} // namespace

void WaitingReporter::report(const std::vector<allocation::Waiting>& waiting,
                             const StartTeller& starts, std::size_t admitted) {
  ++round_;
  admitted_ += admitted;
  const SteadyPoint now = parts_.executor.clock().steady_now();
  for (const auto& entry : waiting) {
    if (entry.workload->waiting.empty() || entry.workload->waiting.front()->is_request)
      continue; // a request's status says it
    const auto [found, fresh] = told_.try_emplace(entry.workload->id);
    Told& told = found->second;
    const auto& pod = entry.workload->waiting.front();
    if (fresh || told.why->reason != entry.why->reason || told.pod->uid != pod->uid) {
      if (!fresh)
        trace(told, now);
      told.since = now;
      told.written = false;
    }
    const allocation::ToldStart* start =
        entry.planned_start ? starts.told(entry.workload->id) : nullptr;
    if (start != nullptr && (!told.start || told.start->told_at != start->told_at))
      told.written = false; // once per start that is told, which is bounded there
    if (!told.written) {
      told.why = entry.why;
      told.start = start == nullptr ? std::nullopt : std::optional{*start};
    }
    told.pod = pod;
    told.round = round_;
  }
  std::erase_if(told_, [&](const auto& entry) {
    const bool is_over = entry.second.round != round_;
    if (is_over)
      trace(entry.second, now);
    return is_over;
  });
}

void WaitingReporter::trace(const Told& told, SteadyPoint now) const {
  if (now - told.since >= options_.quiet_period)
    trace_wait(parts_.tracer, *told.pod, {told.why->reason, message_of(told), {told.since, now}});
}

std::string WaitingReporter::message_of(const Told& told) {
  return told.why->message + (told.start ? "; " + start_text(*told.start) : "");
}

async::Task<void> WaitingReporter::run(std::stop_token stop) {
  for (;;) {
    const bool due = co_await async::sleep_for(parts_.executor, kWriteInterval, stop);
    if (!due)
      co_return;
    co_await write_due();
  }
}

async::Task<void> WaitingReporter::write_due() {
  const std::vector<WorkloadId> due = take_due();
  for (const WorkloadId& id : due)
    co_await write(id);
}

std::vector<WorkloadId> WaitingReporter::take_due() {
  const SteadyPoint now = parts_.executor.clock().steady_now();
  std::vector<std::pair<SteadyPoint, WorkloadId>> due;
  for (const auto& [id, told] : told_)
    if (!told.written && now - told.since >= options_.quiet_period)
      due.emplace_back(told.since, id);
  const std::size_t most = options_.writes_per_second_max;
  const std::size_t left = most - std::min(std::exchange(admitted_, 0), most);
  const std::size_t count = std::min(due.size(), std::max(left, options_.writes_per_second_min));
  std::partial_sort(due.begin(), due.begin() + static_cast<std::ptrdiff_t>(count), due.end());
  std::vector<WorkloadId> chosen;
  for (std::size_t i = 0; i < count; ++i)
    chosen.push_back(std::move(due[i].second));
  return chosen;
}

async::Task<void> WaitingReporter::write(WorkloadId id) {
  const auto found = told_.find(id);
  if (found == told_.end() || found->second.written || !parts_.leads())
    co_return;
  found->second.written = true;
  const auto pod = parts_.observer.find_pod(found->second.pod->uid);
  const Reason reason = found->second.why->reason;
  std::string message = message_of(found->second);
  const std::string text = explanation(reason, message);
  if (!pod)
    co_return;
  const auto told_before = pod->meta.annotations.find(std::string(api::annotation::kExplain));
  // A restart must not tell the same reason again, nor the same start.
  const bool knows_reason = told_before != pod->meta.annotations.end() &&
                            told_before->second.starts_with(std::string(to_string(reason)) + ":");
  if (knows_reason && (!found->second.start || told_before->second == text))
    co_return;
  const kube::ObjectReference about{"v1", "Pod", pod->meta.key(), pod->meta.uid};
  std::string body = explain_patch(*pod, text);
  kube::WriteOptions options;
  parts_.failpoints.pass(Failpoint::BeforeExplanation);
  auto patched =
      co_await parts_.client.patch(kube::types::pod(), pod->meta.key(), kube::PatchType::Merge,
                                   std::move(body), std::move(options));
  const auto still = told_.find(id);
  if (patched) {
    parts_.failpoints.pass(Failpoint::AfterExplanation);
    parts_.events.record(about, kube::EventSeverity::Normal, reason, "Wait", std::move(message));
  } else if (patched.error().code != Code::NotFound && still != told_.end()) {
    still->second.written = false;
    // To the end of the line: what is refused for good must not use up everybody's turn.
    still->second.since = parts_.executor.clock().steady_now();
  }
}

} // namespace berth::op
