#include "operator/reservation/metric_reader.hpp"

#include <string>
#include <utility>

#include "lib/kube/request_target.hpp"

namespace berth::op {
namespace {

/// As a query parameter has it: "a in (x,y),!b".
std::string selector_text(const allocation::Selector& selector) {
  using allocation::SelectorOperator;
  std::string text;
  for (const auto& requirement : selector.requirements) {
    text += text.empty() ? "" : ",";
    if (requirement.op == SelectorOperator::DoesNotExist)
      text += '!';
    text += requirement.key;
    if (requirement.values.empty())
      continue;
    text += requirement.op == SelectorOperator::NotIn ? " notin (" : " in (";
    for (std::size_t i = 0; i < requirement.values.size(); ++i)
      text += (i == 0 ? "" : ",") + requirement.values[i];
    text += ')';
  }
  return text;
}

kube::ResourceType type_of(const std::string& metric) {
  return {"external.metrics.k8s.io", "v1beta1", metric, "ExternalMetricValue", true};
}

/// In words that stay the same while the cause does.
Error unreadable(const api::TriggerMetric& metric, const Error& error) {
  const std::string name = "the metric " + metric.name + " in namespace " + metric.namespace_name;
  switch (error.code) {
  case Code::NotFound: return {error.code, name + " has no series, or no adapter serves it", {}};
  case Code::Forbidden:
    return {error.code,
            name + " may not be read: the operator needs the verb list on " + metric.name +
                " in external.metrics.k8s.io",
            {}};
  case Code::Invalid: return {error.code, name + " cannot be read: " + error.message, {}};
  case Code::Throttled:
    return {error.code,
            name + " was not read: the operator's own rate limit, the API server or the adapter "
                   "asks it to slow down",
            {}};
  default: return {error.code, name + " is not answered by the external metrics API", {}};
  }
}

async::Task<Result<TriggerMeasurement>> ask(kube::Client& client, api::ReservationTrigger trigger) {
  const api::TriggerMetric& metric = *trigger.metric;
  BERTH_CO_CHECK(kube::check_path_segment("spec.trigger.metric.name", metric.name));
  kube::ListOptions options;
  options.ns = metric.namespace_name;
  options.limit = 0;
  options.timeout = kMetricReadTimeout;
  if (metric.selector)
    options.label_selector = selector_text(*metric.selector);
  kube::ResourceType type = type_of(metric.name);
  BERTH_CO_TRY(const std::string list, co_await client.list(std::move(type), std::move(options)));
  co_return read_metric(trigger, list);
}

} // namespace

std::optional<Result<TriggerMeasurement>>
MetricReader::latest(const kube::ObjectKey& reservation, const api::ReservationTrigger& trigger) {
  Answer& known = answers_[reservation];
  if (known.trigger != trigger)
    known = Answer{trigger, known.is_asked, {}, {}};
  const SteadyPoint now = executor_.clock().steady_now();
  if (!known.is_asked && (!known.measured || now - known.read_at >= kMetricReadInterval)) {
    known.is_asked = true;
    reads_.spawn(ask_about(reservation, trigger));
  }
  return known.measured;
}

async::Task<void> MetricReader::ask_about(kube::ObjectKey reservation,
                                          api::ReservationTrigger trigger) {
  auto measured = co_await ask(client_, trigger);
  if (!measured)
    measured = fail(unreadable(*trigger.metric, measured.error()));
  const auto known = answers_.find(reservation);
  if (known == answers_.end())
    co_return; // the reservation is gone
  known->second.is_asked = false;
  if (known->second.trigger == trigger) {
    known->second.read_at = executor_.clock().steady_now();
    known->second.measured = std::move(measured);
  }
  on_answer_(reservation);
}

} // namespace berth::op
