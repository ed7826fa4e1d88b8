// kubectl berth status: what is decided to be shown, and how it looks.

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

#include "cli/output/document.hpp"
#include "cli/status/render.hpp"
#include "tests/unit/cli/golden.hpp"
#include "tests/unit/cli/scene.hpp"

using namespace berth;
using namespace berth::cli;

TEST_CASE("Status shows pools, the quota tree and reservations") {
  const auto view = decide_status(company(), kSceneTime);
  check_golden("status.txt", render_status(view, false, Paint{}));
  check_golden("status-wide.txt", render_status(view, true, Paint{}));
  check_golden("status-colour.txt", render_status(view, false, Paint{true}));
  check_golden("status.json", json_document(status_json(view)));
  check_golden("status.yaml", yaml_document(status_json(view)));
}

TEST_CASE("An empty cluster is told as such") {
  check_golden("status-empty.txt", render_status(decide_status({}, kSceneTime), false, Paint{}));
}

TEST_CASE("The order in which objects arrive changes nothing") {
  auto turned = company();
  std::ranges::reverse(turned.pools);
  std::ranges::reverse(turned.quotas);
  std::ranges::reverse(turned.reservations);
  CHECK(status_json(decide_status(turned, kSceneTime)) ==
        status_json(decide_status(company(), kSceneTime)));
}

TEST_CASE("Q3: every quota has one row, however the parents point") {
  const auto view = decide_status(company(), kSceneTime);
  std::vector<std::string> names;
  for (const auto& row : view.quotas)
    names.push_back(std::string(row.depth, '.') + row.name);
  CHECK(names == std::vector<std::string>{"company", ".product", "..search", ".research", "lost",
                                          "egg", ".hen"});
}

TEST_CASE("A condition that was written for an older spec is marked") {
  api::ResourcePool pool = *company().pools.back();
  CHECK(shown(pool_row(pool).state) == "Ready");
  pool.meta.generation = 2;
  CHECK(shown(pool_row(pool).state) == "Ready*");
  CHECK(colour_of(pool_row(pool).state) == Colour::Careful);
}

TEST_CASE("Measurements that are too old are told as such") {
  ObservedStatus observed;
  observed.pools.push_back(object_of<api::ResourcePool>(
      R"({"apiVersion": "berth.dev/v1alpha1", "kind": "ResourcePool", "metadata": {"name": "p"},
          "spec": {"resources": [{"name": "cpu"}]},
          "status": {"resources": [{"name": "cpu", "allocatable": "8", "allocated": "2"}],
                     "conditions": [{"type": "MetricsAvailable", "status": "False",
                                     "reason": "MetricsStale", "message": "0 of 2",
                                     "lastTransitionTime": "2026-03-02T08:00:00Z"}]}})"));
  const auto view = decide_status(observed, kSceneTime);
  CHECK(render_status(view, true, Paint{}).find("MetricsStale") != std::string::npos);
  CHECK(status_json(view).at("pools").at(0).at("metrics").at("reason") == "MetricsStale");
  CHECK(status_json(view).at("pools").at(0).at("resources").at(0).at("used").is_null());
}

TEST_CASE("What is not known is a dash, and zero is zero") {
  ObservedStatus observed;
  observed.pools.push_back(object_of<api::ResourcePool>(
      R"({"apiVersion": "berth.dev/v1alpha1", "kind": "ResourcePool", "metadata": {"name": "p"},
          "spec": {"resources": [{"name": "cpu"}]},
          "status": {"resources": [{"name": "cpu", "allocated": "0"}]}})"));
  const auto text = render_status(decide_status(observed, kSceneTime), false, Paint{});
  CHECK(text.find("p     Unknown  -      cpu       0          -         -         -\n") !=
        std::string::npos);
}

TEST_CASE("Where it is not known how much is allocated no bar says that all is free") {
  ObservedStatus observed;
  observed.pools.push_back(object_of<api::ResourcePool>(
      R"({"apiVersion": "berth.dev/v1alpha1", "kind": "ResourcePool", "metadata": {"name": "p"},
          "spec": {"resources": [{"name": "cpu"}]},
          "status": {"resources": [{"name": "cpu", "allocatable": "8"}]}})"));
  const auto text = render_status(decide_status(observed, kSceneTime), false, Paint{});
  CHECK(text.find("p     Unknown  -      cpu       -          -         -         8\n") !=
        std::string::npos);
}
