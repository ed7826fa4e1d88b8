// Berth's own definitions, served by the simulated API server.

#include <catch2/catch.hpp>

#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"

using namespace berth;
using namespace berth::simulation;

TEST_CASE("the definitions in crds/ are served, with their defaults and limits") {
  World world;
  install_custom_resources(world.admin);
  CHECK(world.admin.list("CustomResourceDefinition").size() == 7);
  const Json created = world.admin.create(
      make_object("berth.dev/v1alpha1", "Quota", "", "team").spec({{"weight", 2}}));
  CHECK(integer_at(created, "/metadata/generation") == 1);
  const auto refused = world.admin.try_create(
      make_object("berth.dev/v1alpha1", "Quota", "", "bad").spec({{"weight", -1}}));
  CHECK(refused.status == 422);
  const Json written =
      world.admin.patch("Quota", {"", "team"}, {{"status", {{"observedGeneration", 1}}}}, "status");
  CHECK(integer_at(written, "/status/observedGeneration") == 1);
  CHECK(integer_at(written, "/metadata/generation") == 1);
}

TEST_CASE("metrics can be read and listed, and neither watched nor written") {
  World world;
  world.server.put_metrics(make_node_metrics("n", "250m", "1Gi"));
  world.server.put_metrics(make_pod_metrics("default", "a", "100m", "64Mi"));
  CHECK(text_at(world.admin.get("NodeMetrics", {"", "n"}), "/usage/cpu") == "250m");
  CHECK(world.admin.list("PodMetrics").size() == 1);
  CHECK(world.admin.try_create(make_node_metrics("m", "1", "1")).status == 405);
  CHECK(world.admin.request("GET", "/apis/metrics.k8s.io/v1beta1/nodes?watch=1").status == 405);
}

TEST_CASE("every write is on record with its author") {
  World world;
  AdminClient alice(world.server, "alice");
  alice.create(make_pod("default", "a"));
  const WriteRecord& last = world.server.writes().back();
  CHECK(last.user == "alice");
  CHECK(last.type.kind == "Pod");
  CHECK(last.key == kube::ObjectKey{"default", "a"});
  const std::size_t before = world.server.writes().size();
  alice.patch("Pod", {"default", "a"}, Json::object());
  CHECK(world.server.writes().size() == before);
}
