#include "lib/telemetry/catalog.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

#include <catch2/catch.hpp>

#include "lib/http/server.hpp"
#include "lib/telemetry/process.hpp"
#include "lib/telemetry/reference/metric_reference.hpp"

namespace berth::telemetry {
namespace {

TEST_CASE("The reference page is what the catalog says (scripts/generate-metric-reference)") {
  std::ifstream file("docs/reference/metrics.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  CHECK(page == metric_reference());
}

TEST_CASE("Metrics are named for one product, or as Kubernetes' own components name them") {
  Registry registry;
  add_all_metrics(registry);
  const std::vector<std::string_view> prefixes{"berth_", "workqueue_", "rest_client_",
                                               "leader_election_", "process_"};
  for (const MetricDescription& metric : registry.describe()) {
    CAPTURE(metric.name);
    CHECK(std::ranges::any_of(prefixes,
                              [&](auto prefix) { return metric.name.starts_with(prefix); }));
    CHECK((metric.kind != MetricKind::Histogram || metric.name.ends_with("_seconds")));
  }
}

TEST_CASE("The groups of one program share a registry") {
  Registry registry;
  const ReflectorMetrics pods(registry, "pods");
  const ReflectorMetrics nodes(registry, "nodes");
  pods.relists(RelistReason::Gone).add();
  const std::string text = registry.exposition();
  CHECK(text.find("berth_watch_relists_total{resource=\"pods\",reason=\"gone\"} 1\n") !=
        std::string::npos);
  CHECK(text.find("berth_watch_relists_total{resource=\"nodes\",reason=\"gone\"} 0\n") !=
        std::string::npos);
}

TEST_CASE("Every reason that work can wait for has a series") {
  Registry registry;
  const AllocationMetrics allocation(registry);
  const std::string text = registry.exposition();
  for (const Reason reason : all_reasons()) {
    const std::string series =
        "berth_waiting_workloads{reason=\"" + std::string(to_string(reason)) + "\"} 0\n";
    CAPTURE(series);
    CHECK(text.find(series) != std::string::npos);
  }
}

TEST_CASE("A server's counts are taken over") {
  Registry registry;
  HttpServerMetrics metrics(registry, "extender");
  http::ServerCounters counters;
  counters.connections_open = 3;
  counters.requests_refused = 2;
  metrics.follow(counters);
  CHECK(metrics.connections_open.value() == 3);
  CHECK(metrics.requests_refused.value() == 2);
}

TEST_CASE("A certificate that cannot be taken up leaves the end of the one in use") {
  Registry registry;
  CertificateMetrics metrics(registry, "extender");
  metrics.note_reload(TimePoint{std::chrono::milliseconds{1'500}});
  metrics.note_reload(fail(Code::Invalid, "no certificate"));
  CHECK(metrics.reloads(Outcome::Ok).value() == 1);
  CHECK(metrics.reloads(Outcome::Error).value() == 1);
  CHECK(metrics.expiration_timestamp_seconds.value() == 1.5);
  metrics.set_expiration(TimePoint{std::chrono::seconds{7}});
  CHECK(metrics.expiration_timestamp_seconds.value() == 7);
}

TEST_CASE("A process knows its memory, its time and its files") {
  Registry registry;
  ProcessMetrics process(registry, "test");
  refresh_process(process);
  CHECK(process.build_info.value() == 1);
  CHECK(process.resident_memory_bytes.value() > 1e6);
  CHECK(process.cpu_seconds.value() > 0);
  CHECK(process.open_fds.value() >= 3);
  CHECK(process.start_time_seconds.value() > 1.6e9);
}

} // namespace
} // namespace berth::telemetry
