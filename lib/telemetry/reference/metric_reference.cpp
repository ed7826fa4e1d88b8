#include "lib/telemetry/reference/metric_reference.hpp"

#include <string_view>
#include <vector>

#include "lib/telemetry/catalog.hpp"

namespace berth::telemetry {
namespace {

constexpr std::string_view kIntroduction = R"(# Metrics

Every metric of Berth's programs, in Prometheus' text format at `/metrics`. Labels have the values
listed and no others, and every series exists from the start, at zero. A label in angle brackets is
filled in by the program; one without values names an API object. Timestamps are Unix time: the age of
a cache is `time() - metric`. This page is generated from `lib/telemetry/catalog.hpp` by
`scripts/generate-metric-reference`.

| Metric | Kind | Labels | Unit | Meaning |
|---|---|---|---|---|
)";

std::string row(const MetricDescription& metric);
std::string label_cell(const std::string& label, const std::vector<std::string>& values);
std::string_view kind_word(MetricKind kind);
std::string_view unit_of(const MetricDescription& metric);

} // namespace

std::string metric_reference() {
  Registry registry;
  add_all_metrics(registry);
  std::string page(kIntroduction);
  for (const MetricDescription& metric : registry.describe())
    page += row(metric);
  return page;
}

void add_all_metrics(Registry& registry) {
  const ExtenderMetrics extender(registry);
  const GateMetrics gate(registry);
  const ReflectorMetrics reflector(registry, "<resource>");
  const RestClientMetrics rest_client(registry);
  const WorkQueueMetrics work_queue(registry, "<queue>");
  const ReconcilerMetrics reconciler(registry, "<controller>");
  const LeaderElectionMetrics leader_election(registry, "<lease>");
  const EventMetrics events(registry);
  const AllocationMetrics allocation(registry);
  const AnalyzerMetrics analyzer(registry);
  const ExternalMetricsMetrics external_metrics(registry);
  const HttpServerMetrics http_server(registry, "<server>");
  const CertificateMetrics certificate(registry, "<use>");
  const TraceMetrics traces(registry);
  const ProcessMetrics process(registry, "<program>");
}

namespace {

std::string row(const MetricDescription& metric) {
  std::string labels;
  for (const auto& [label, values] : metric.labels)
    labels += (labels.empty() ? "" : "; ") + label_cell(label, values);
  return "| `" + metric.name + "` | " + std::string(kind_word(metric.kind)) + " | " + labels +
         " | " + std::string(unit_of(metric)) + " | " + metric.help + " |\n";
}

std::string label_cell(const std::string& label, const std::vector<std::string>& values) {
  if (label == "version") // another one with each release
    return "`version`: `<version>`";
  if (label == Label<Reason>::kName && values.size() == Label<Reason>::kCount)
    return "`reason`: any of [the reasons](reasons.md)";
  std::string cell = "`" + label + "`";
  std::string_view separator = ": ";
  for (const std::string& value : values) {
    cell.append(separator).append("`").append(value).append("`");
    separator = ", ";
  }
  return cell;
}

std::string_view kind_word(MetricKind kind) {
  switch (kind) {
  case MetricKind::Counter: return "counter";
  case MetricKind::Gauge: return "gauge";
  case MetricKind::Histogram: return "histogram";
  }
  return "";
}

/// By Prometheus' rules a name ends in its unit; what has none is counted.
std::string_view unit_of(const MetricDescription& metric) {
  std::string_view name = metric.name;
  if (constexpr std::string_view kTotal = "_total"; name.ends_with(kTotal))
    name.remove_suffix(kTotal.size());
  if (name.ends_with("_timestamp_seconds"))
    return "Unix time in seconds";
  for (const std::string_view unit : {"seconds", "bytes", "ratio"})
    if (name.ends_with(unit))
      return unit;
  return "count";
}

} // namespace

} // namespace berth::telemetry
