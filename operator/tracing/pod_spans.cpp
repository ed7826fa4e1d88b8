#include "operator/tracing/pod_spans.hpp"

#include <algorithm>
#include <utility>

namespace berth::op {
namespace {

using telemetry::Span;
using telemetry::Tracer;

telemetry::TracedPod traced(const allocation::PodView& pod) {
  return {pod.namespace_name, pod.name, pod.uid.str()};
}

/// What an admission says of its pod.
void add_record(Span& span, const allocation::PodView& pod,
                const allocation::AdmissionRecord& record) {
  span.add("berth.workload", allocation::workload_id(pod).str());
  span.add("berth.quota", record.quota.str());
  span.add("berth.pool", record.pool.str());
  span.add("berth.decision", record.decision.str());
  span.add("berth.mode", std::string(names_of(record.mode)[static_cast<std::size_t>(record.mode)]));
}

void set_time(const Tracer& tracer, Span& span, const TimeSpan& time) {
  span.start_unix_ns = tracer.unix_ns(time.started);
  span.end_unix_ns = tracer.unix_ns(time.ended);
}

/// From the pod's creation, which the API server's clock tells, to `end` by ours.
void set_time_since_creation(Span& span, const allocation::PodView& pod, std::int64_t end_unix_ns) {
  span.start_unix_ns = std::min(Tracer::unix_ns(pod.created), end_unix_ns);
  span.end_unix_ns = end_unix_ns;
}

void trace_gate(const Tracer& tracer, const allocation::MemberAdmission& member,
                SteadyPoint decided) {
  auto span = member.pod->gated ? tracer.span("gated", traced(*member.pod)) : std::nullopt;
  if (!span)
    return;
  span->add("berth.workload", allocation::workload_id(*member.pod).str());
  set_time_since_creation(*span, *member.pod, tracer.unix_ns(decided));
  tracer.record(*std::move(span));
}

void trace_end(const Tracer& tracer, const allocation::PodView& pod,
               const allocation::PodView* bound, SteadyPoint now) {
  auto span = tracer.root_span("pod from created to bound", traced(pod));
  if (!span)
    return;
  span->add("berth.workload", allocation::workload_id(pod).str());
  const auto& admission = bound == nullptr ? pod.admission : bound->admission;
  if (admission)
    span->add("berth.quota", admission->quota.str());
  span->add("berth.result", bound == nullptr ? "deleted" : "bound");
  if (bound != nullptr)
    span->add("k8s.node.name", bound->node.str());
  set_time_since_creation(*span, pod, tracer.unix_ns(now));
  tracer.record(*std::move(span));
}

} // namespace

void trace_admissions(const Tracer& tracer, const allocation::Plan& plan,
                      const TimeSpan& deciding) {
  if (!tracer.is_on())
    return;
  for (const auto& admission : plan.admissions) {
    for (const auto& member : admission.members) {
      if (member.pod->is_request)
        continue;
      trace_gate(tracer, member, deciding.ended);
      auto span = tracer.span("considered", traced(*member.pod));
      if (!span)
        continue;
      add_record(*span, *member.pod, member.record);
      span->add("berth.cycle", plan.based_on.number);
      span->add("berth.members", admission.members.size());
      span->add("berth.planned_nodes", member.record.planned_nodes.size());
      span->add("berth.result", "admitted");
      set_time(tracer, *span, deciding);
      tracer.record(*std::move(span));
    }
  }
}

void trace_wait(const Tracer& tracer, const allocation::PodView& pod, const WaitedFor& waited) {
  auto span = tracer.span("waited", traced(pod));
  if (!span)
    return;
  span->add("berth.workload", allocation::workload_id(pod).str());
  span->add("berth.reason", std::string(to_string(waited.reason)));
  span->add("berth.message", std::string(waited.message));
  set_time(tracer, *span, waited.time);
  tracer.record(*std::move(span));
}

void trace_admission_write(const Tracer& tracer, const allocation::MemberAdmission& member,
                           telemetry::AdmissionOutcome outcome, const TimeSpan& writing) {
  using Outcome = telemetry::AdmissionOutcome;
  auto span = tracer.span("admitted", traced(*member.pod), telemetry::SpanKind::Client);
  if (!span)
    return;
  add_record(*span, *member.pod, member.record);
  const std::string result(telemetry::Label<Outcome>::value(static_cast<std::size_t>(outcome)));
  span->add("berth.result", result);
  if (outcome == Outcome::Refused || outcome == Outcome::Unknown)
    span->failure = "the write was " + result;
  set_time(tracer, *span, writing);
  tracer.record(*std::move(span));
}

void trace_nomination(const Tracer& tracer, const allocation::PodView& pod,
                      const allocation::AdmissionRecord& record, const Result<std::string>& written,
                      const TimeSpan& writing) {
  auto span = tracer.span("nominated", traced(pod), telemetry::SpanKind::Client);
  if (!span)
    return;
  add_record(*span, pod, record);
  if (!record.planned_nodes.empty())
    span->add("k8s.node.name", record.planned_nodes.front().str());
  if (!written)
    span->failure = written.error().message;
  set_time(tracer, *span, writing);
  tracer.record(*std::move(span));
}

void trace_ends(const Tracer& tracer, cluster::Observer& observer, const Clock& clock,
                Leads leads) {
  if (!tracer.is_on())
    return;
  observer.pods().listen(
      [tracer, &clock, leads = std::move(leads)](const auto& before, const auto& after) {
        const bool was_on_its_way = before && !before->view.is_bound() && !before->view.terminal &&
                                    (before->view.managed || before->view.admission);
        const bool is_over = !after || after->view.is_bound();
        if (was_on_its_way && is_over && leads())
          trace_end(tracer, before->view, after ? &after->view : nullptr, clock.steady_now());
      });
}

} // namespace berth::op
