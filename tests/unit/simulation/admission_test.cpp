// The admission hooks that stand for manifests/gate-policy.yaml and guard-policy.yaml.

#include <catch2/catch.hpp>

#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"

using namespace berth;
using namespace berth::simulation;

namespace {

struct Managed {
  Managed() {
    world.server.add_hooks(make_berth_policies());
    world.admin.create(make_managed_namespace("team"));
    world.admin.create(make_namespace("free"));
  }
  bool gated(const Json& pod) { return !at(pod, "/spec/schedulingGates").empty(); }

  World world;
  AdminClient user{world.server, "alice"};
  AdminClient berth{world.server, kOperatorUser};
};

const Json kNoGate = {{"spec", {{"schedulingGates", nullptr}}}};

} // namespace

TEST_CASE("pods of managed namespaces, and pods that wish it, are gated") {
  Managed cluster;
  CHECK(cluster.gated(cluster.user.create(make_pod("team", "a"))));
  CHECK_FALSE(cluster.gated(cluster.user.create(make_pod("free", "a"))));
  CHECK(
      cluster.gated(cluster.user.create(make_pod("free", "b").label("berth.dev/managed", "true"))));
  CHECK(cluster.gated(
      cluster.user.create(make_pod("team", "c").label("berth.dev/managed", "false"))));
}

TEST_CASE("other gates of a pod stay beside Berth's") {
  Managed cluster;
  const Json pod = cluster.user.create(make_pod("team", "a").gated("other.example.com/gate"));
  CHECK(at(pod, "/spec/schedulingGates").size() == 2);
}

TEST_CASE("only the DaemonSet controller's own pods are let through") {
  Managed cluster;
  const auto owned = [](const char* name) {
    return make_pod("team", name).owner("apps/v1", "DaemonSet", "d", "uid-1");
  };
  AdminClient controller(cluster.world.server,
                         "system:serviceaccount:kube-system:daemon-set-controller");
  CHECK_FALSE(cluster.gated(controller.create(owned("a"))));
  CHECK(cluster.gated(cluster.user.create(owned("b"))));
}

TEST_CASE("nobody but the operator removes the gate or writes Berth's annotations") {
  Managed cluster;
  cluster.user.create(make_pod("team", "a"));
  const Json note = {{"metadata", {{"annotations", {{"berth.dev/admitted", "x"}}}}}};
  CHECK(cluster.user.try_patch("Pod", {"team", "a"}, kNoGate).status == 403);
  CHECK(cluster.user.try_patch("Pod", {"team", "a"}, note).status == 403);
  CHECK(cluster.user.try_patch("Pod", {"team", "a"}, note, "status").status == 403);
  CHECK(
      cluster.user.try_create(make_pod("team", "b").annotation("berth.dev/admitted", "x")).status ==
      403);
  CHECK(cluster.berth.try_patch("Pod", {"team", "a"}, note).status == 200);
  CHECK(cluster.berth.try_patch("Pod", {"team", "a"}, kNoGate).status == 200);
}

TEST_CASE("a pod's charge does not move, and no pod is placed past the gate") {
  Managed cluster;
  cluster.user.create(make_pod("team", "a").label("berth.dev/quota", "q"));
  const Json moved = {{"metadata", {{"labels", {{"berth.dev/quota", "other"}}}}}};
  CHECK(cluster.user.try_patch("Pod", {"team", "a"}, moved).status == 403);
  CHECK(cluster.user.try_create(make_pod("team", "b").on_node("n")).status == 403);
  CHECK(cluster.user.try_create(make_pod("free", "b").on_node("n")).status == 201);
}

TEST_CASE("a binding carries nothing of Berth's into the pod") {
  Managed cluster;
  cluster.user.create(make_pod("free", "a"));
  const Json binding = {
      {"kind", "Binding"},
      {"apiVersion", "v1"},
      {"metadata", {{"name", "a"}, {"annotations", {{"berth.dev/admitted", "x"}}}}},
      {"target", {{"kind", "Node"}, {"name", "n"}}}};
  CHECK(cluster.user.request("POST", "/api/v1/namespaces/free/pods/a/binding", binding).status ==
        403);
}
