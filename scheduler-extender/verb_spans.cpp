#include "scheduler-extender/verb_spans.hpp"

#include <string>

#include "scheduler-extender/standing.hpp"

namespace berth::extender {
namespace {

using telemetry::ExtenderVerb;
using telemetry::Span;
using telemetry::Tracer;

telemetry::Constant span_name(ExtenderVerb verb) {
  switch (verb) {
  case ExtenderVerb::Filter: return "extender filter";
  case ExtenderVerb::Prioritize: return "extender prioritize";
  case ExtenderVerb::Preempt: return "extender preempt";
  case ExtenderVerb::Bind: break;
  }
  return "extender bind";
}

void add_ids(Span& span, const allocation::PodView& pod) {
  span.add("berth.workload", allocation::workload_id(pod).str());
  if (pod.admission)
    span.add("berth.quota", pod.admission->quota.str());
}

} // namespace

std::optional<Span> begin_span(const Tracer& tracer, ExtenderVerb verb, const cluster::Pod& pod,
                               const allocation::ClusterSnapshot* snapshot) {
  if (!tracer.is_on() || standing_of(pod, snapshot) == Standing::Unmanaged)
    return std::nullopt;
  auto span = tracer.span(span_name(verb), {pod.meta.ns, pod.meta.name, pod.meta.uid},
                          telemetry::SpanKind::Server);
  if (span)
    add_ids(*span, pod.view);
  return span;
}

std::optional<Span> begin_span(const Tracer& tracer, const BindRequest& request,
                               const allocation::ClusterSnapshot* snapshot) {
  if (!tracer.is_on() || snapshot == nullptr)
    return std::nullopt;
  const allocation::PodView* pod = snapshot->find_pod(PodUid(request.pod_uid));
  if (pod == nullptr || (!pod->managed && !pod->admission))
    return std::nullopt;
  auto span = tracer.span(span_name(ExtenderVerb::Bind),
                          {request.pod_namespace, request.pod_name, request.pod_uid},
                          telemetry::SpanKind::Server);
  if (!span)
    return span;
  add_ids(*span, *pod);
  span->add("k8s.node.name", request.node);
  return span;
}

void add_result(Span& span, const FilterResult& result) {
  span.add("berth.passed", result.passed.size());
  if (!result.refused.empty())
    span.add("berth.reason", std::string(to_string(result.refused.front().reason)));
  span.failure = result.error;
}

void add_result(Span& span, const BindResult& result) {
  if (result.is_refusal)
    span.add("berth.message", result.error);
  else
    span.failure = result.error;
}

std::optional<telemetry::SpanContext> caller_of(const Tracer& tracer,
                                                const http::Request& request) {
  const auto header = tracer.is_on() ? request.headers.find("traceparent") : std::nullopt;
  return header ? telemetry::parse_traceparent(*header) : std::nullopt;
}

} // namespace berth::extender
