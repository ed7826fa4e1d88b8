// What the recorder keeps of workloads that come and go.

#include "analyzer/advise/recorder.hpp"

#include <catch2/catch.hpp>

#include "analyzer/advise/advisor.hpp"
#include "analyzer/advise/series_names.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;
using namespace std::chrono;

constexpr TimePoint kStart{sys_days{year{2026} / 3 / 2}};
const WorkloadRef kWeb{api::ScalingTargetKind::Deployment, {"shop", "web"}};

/// A pod whose container was killed at 1 Gi when the test began.
WorkloadPods killed_pod() {
  auto pod = std::make_shared<WorkloadPod>();
  pod->meta.ns = "shop";
  pod->meta.name = "web-0";
  pod->workload = kWeb;
  pod->stage = PodStage::Running;
  pod->containers = {{"main", {}, {{"memory", 1 << 30}}, kStart}};
  return {{kWeb, {pod}}};
}

} // namespace

TEST_CASE("what a container was killed at is kept while it runs, and for five weeks after") {
  const AdvisorOptions options;
  telemetry::Registry registry;
  telemetry::AnalyzerMetrics metrics(registry);
  Recorder recorder(options, metrics);
  const auto record = [&](const WorkloadPods& pods, int day) {
    recorder.record(ClusterView{}, pods, kStart + days{day}, true);
    return recorder.history().mark(killed_mark(kWeb, "main"));
  };
  for (int day = 0; day <= 100; day += 10)
    CHECK(record(killed_pod(), day) == 1 << 30);
  CHECK(record({}, 135) == 1 << 30);
  CHECK(metrics.marks.value() == 2);
  CHECK(record({}, 136) == 0);
  CHECK(metrics.marks.value() == 0);
}

TEST_CASE("that there is no room for more is told when it begins, and not in each cycle") {
  RefusalNotice notice;
  CHECK_FALSE(notice.is_news(0));
  CHECK(notice.is_news(2));
  CHECK_FALSE(notice.is_news(3));
  CHECK_FALSE(notice.is_news(3));
  CHECK(notice.is_news(4));
}

} // namespace berth::analyzer
