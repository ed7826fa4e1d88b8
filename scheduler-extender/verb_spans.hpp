#pragma once
// The spans that the extender adds to the trace of a pod: one for each call of kube-scheduler about
// it. Pods that Berth does not manage have no trace. For server.cpp only.

#include <optional>

#include "lib/allocation/snapshot.hpp"
#include "lib/cluster/pod.hpp"
#include "lib/http/message.hpp"
#include "lib/telemetry/tracing/tracer.hpp"
#include "scheduler-extender/wire.hpp"

namespace berth::extender {

/// Nothing if the pod is not traced. `snapshot` is null while the caches are cold.
[[nodiscard]] std::optional<telemetry::Span>
begin_span(const telemetry::Tracer& tracer, telemetry::ExtenderVerb verb, const cluster::Pod& pod,
           const allocation::ClusterSnapshot* snapshot);
[[nodiscard]] std::optional<telemetry::Span>
begin_span(const telemetry::Tracer& tracer, const BindRequest& request,
           const allocation::ClusterSnapshot* snapshot);

/// What the verb decided.
void add_result(telemetry::Span& span, const FilterResult& result);
void add_result(telemetry::Span& span, const BindResult& result);

/// kube-scheduler's own span, if the request tells of it and somebody asks.
[[nodiscard]] std::optional<telemetry::SpanContext> caller_of(const telemetry::Tracer& tracer,
                                                              const http::Request& request);

} // namespace berth::extender
