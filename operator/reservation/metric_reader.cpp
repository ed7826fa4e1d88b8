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
      text += "!";
    text += requirement.key;
    if (requirement.values.empty())
      continue;
    text += requirement.op == SelectorOperator::NotIn ? " notin (" : " in (";
    for (std::size_t i = 0; i < requirement.values.size(); ++i)
      text += (i == 0 ? "" : ",") + requirement.values[i];
    text += ")";
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
  default: return {error.code, name + " is not answered by the external metrics API", {}};
  }
}

async::Task<Result<TriggerMeasurement>> ask(kube::Client& client, api::ReservationTrigger trigger) {
  const api::TriggerMetric& metric = *trigger.metric;
  BERTH_CO_CHECK(kube::check_path_segment("spec.trigger.metric.name", metric.name));
  kube::ListOptions options;
  options.ns = metric.namespace_name;
  options.limit = 0;
  if (metric.selector)
    options.label_selector = selector_text(*metric.selector);
  kube::ResourceType type = type_of(metric.name);
  BERTH_CO_TRY(const std::string list, co_await client.list(std::move(type), std::move(options)));
  co_return read_metric(trigger, list);
}

} // namespace

async::Task<Result<TriggerMeasurement>> MetricReader::read(kube::ObjectKey reservation,
                                                           api::ReservationTrigger trigger) {
  const SteadyPoint now = executor_.clock().steady_now();
  if (const auto known = answers_.find(reservation);
      known != answers_.end() && known->second.trigger == trigger &&
      now - known->second.read_at < kMetricReadInterval)
    co_return known->second.measured;
  auto measured = co_await ask(client_, trigger);
  if (!measured)
    measured = fail(unreadable(*trigger.metric, measured.error()));
  answers_.insert_or_assign(std::move(reservation), Answer{now, std::move(trigger), measured});
  co_return measured;
}

} // namespace berth::op
