// What was granted beside what is used, by pool, quota and workload.

#include <catch2/catch.hpp>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/output/document.hpp"
#include "cli/top/top.hpp"
#include "tests/unit/cli/golden.hpp"
#include "tests/unit/cli/operating_world.hpp"
#include "tests/unit/cli/scene.hpp"

using namespace berth;
using namespace berth::cli;

namespace {

using resources::ResourceVector;

std::shared_ptr<const cluster::Pod> admitted(const std::string& name, const std::string& quota,
                                             const std::string& gang = "",
                                             const std::string& phase = "Running") {
  PodText text;
  text.name = name;
  const nlohmann::json record{{"decision", "d"}, {"quota", quota},
                              {"pool", "cpu"},   {"nodes", {"n"}},
                              {"members", 1},    {"youngestMember", "2026-03-02T08:57:50Z"}};
  text.annotations = nlohmann::json{{"berth.dev/admitted", record.dump()}}.dump();
  if (!gang.empty())
    text.labels = R"({"berth.dev/workload": ")" + gang + R"(", "berth.dev/workload-size": "2"})";
  text.spec = R"("nodeName": "n")";
  text.status = R"({"phase": ")" + phase + "\"}";
  auto pod = pod_of(text);
  REQUIRE(pod->view.admission);
  return pod;
}

ObservedTop pods() {
  ObservedTop observed;
  observed.pods = {admitted("train-0", "research", "train"),
                   admitted("train-1", "research", "train"), admitted("notebook", "research"),
                   admitted("web", "product"), admitted("done", "product", "", "Succeeded")};
  PodText waiting;
  waiting.name = "waiting";
  observed.pods.push_back(pod_of(waiting));
  const auto use = [&](const std::string& name, std::int64_t cpu, std::int64_t mebi) {
    observed.measured.emplace(kube::ObjectKey{"research", name},
                              ResourceVector{{"cpu", cpu}, {"memory", mebi << 20}});
  };
  use("train-0", 1990, 512);
  use("train-1", 1900, 256);
  use("notebook", 15, 64);
  use("done", 2000, 64);
  return observed;
}

TopView view_of(const ObservedTop& observed, const std::string& what,
                const std::string& sort = "cpu") {
  return decide_top(observed, {what, sort});
}

std::vector<std::string> names(const TopView& view) {
  std::vector<std::string> names;
  for (const auto& row : view.rows)
    names.push_back(row.name);
  return names;
}

} // namespace

TEST_CASE("Top shows what is used of each pool") {
  ObservedTop observed;
  observed.pools = company().pools;
  const auto view = view_of(observed, "pools");
  check_golden("top.txt", render_top(view, false, Paint{}));
  check_golden("top-wide.txt", render_top(view, true, Paint{}));
}

TEST_CASE("Top adds up the pods of quotas and of workloads") {
  check_golden("top-quotas.txt", render_top(view_of(pods(), "quotas"), false, Paint{}));
  check_golden("top-workloads.txt", render_top(view_of(pods(), "workloads"), false, Paint{}));
  check_golden("top-workloads.json", json_document(top_json(view_of(pods(), "workloads"))));
}

TEST_CASE("Pods that wait or have ended are granted nothing") {
  const auto rows = names(view_of(pods(), "workloads"));
  CHECK(std::ranges::count(rows, "research/done") == 0);
  CHECK(std::ranges::count(rows, "research/waiting") == 0);
}

TEST_CASE("Top sorts by what is asked, and by name where that is equal") {
  CHECK(names(view_of(pods(), "workloads", "name")) ==
        std::vector<std::string>{"research/notebook", "research/train", "research/web"});
  CHECK(names(view_of(pods(), "workloads", "memory")) ==
        std::vector<std::string>{"research/train", "research/notebook", "research/web"});
  auto turned = pods();
  std::ranges::reverse(turned.pods);
  for (const char* sort : {"cpu", "memory", "name"})
    CHECK(top_json(view_of(turned, "quotas", sort)) == top_json(view_of(pods(), "quotas", sort)));
}

TEST_CASE("What is not measured is not known, and never zero") {
  ObservedTop observed = pods();
  observed.measured.clear();
  const auto view = view_of(observed, "quotas");
  for (const auto& row : view.rows)
    for (const auto& resource : row.resources) {
      CHECK_FALSE(resource.measured);
      CHECK_FALSE(resource.use_percent());
    }
}

TEST_CASE("Without a metrics API top shows what was granted, and says why no more") {
  OperatingWorld world;
  constexpr int kForEver = 1000;
  world.transport.faults().aim(
      simulation::Fault::Refuse,
      [](const http::Request& request) {
        return request.target.find("metrics.k8s.io") != std::string::npos;
      },
      kForEver);
  const Answer answer =
      world.ask(Command::Top, [](CliOptions& options) { options.top.what = "quotas"; });
  CHECK(answer.exit_code == 0);
  CHECK(answer.out == "nothing is granted\n");
  CHECK(answer.err.find("what is measured: ") != std::string::npos);
}
