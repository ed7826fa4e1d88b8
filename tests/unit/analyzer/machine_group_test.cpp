// What is read of a MachineDeployment, a MachinePool, and the versions of their API.

#include "analyzer/sources/machine_group.hpp"

#include <catch2/catch.hpp>

#include "analyzer/advise/pool_provider.hpp"
#include "analyzer/sources/served_version.hpp"

namespace berth::analyzer {
namespace {

/// A MachineDeployment, with this in its metadata, its spec and its status.
std::string deployment(const std::string& metadata, const std::string& spec,
                       const std::string& status) {
  return R"({"apiVersion":"cluster.x-k8s.io/v1beta2","kind":"MachineDeployment","metadata":)"
         R"({"name":"workers","namespace":"capi","uid":"u","resourceVersion":"7","generation":3)" +
         metadata + R"(},"spec":{"clusterName":"c")" + spec + R"(},"status":{)" + status + "}}";
}

constexpr const char* kSettled = R"("observedGeneration":3,"replicas":4,"readyReplicas":4)";

MachineGroup read(const std::string& text) {
  const auto group = decode_machine_group(text);
  REQUIRE(group);
  return *group;
}

} // namespace

TEST_CASE("a MachineDeployment says how many machines it asks for, has, and has ready") {
  const auto group = read(deployment("", R"(,"replicas":5)",
                                     R"("observedGeneration":3,"replicas":4,"readyReplicas":2)"));
  CHECK(group.kind == api::NodeGroupKind::MachineDeployment);
  CHECK(group.version == "v1beta2");
  CHECK(group.key == api::ObjectKey{"capi", "workers"});
  CHECK(group.resource_version == "7");
  CHECK(group.asked == 5);
  CHECK(group.present == 4);
  CHECK(group.ready == 2);
  CHECK_FALSE(group.is_settled());
  CHECK(describe(group) == "MachineDeployment capi/workers");
}

TEST_CASE("a group is settled once its controller has seen what is asked for and all of it works") {
  CHECK(read(deployment("", R"(,"replicas":4)", kSettled)).is_settled());
  CHECK_FALSE(read(deployment("", R"(,"replicas":3)", kSettled)).is_settled());
  const char* unseen = R"("observedGeneration":2,"replicas":4,"readyReplicas":4)";
  CHECK_FALSE(read(deployment("", R"(,"replicas":4)", unseen)).is_settled());
  CHECK(read(deployment("", R"(,"replicas":0)", R"("observedGeneration":3)")).is_settled());
}

TEST_CASE("a group without a status has no machines") {
  const auto group = read(deployment("", R"(,"replicas":2)", ""));
  CHECK(group.present == 0);
  CHECK(group.ready == 0);
}

TEST_CASE("who owns its size, whether it is paused and whether it goes is read as well") {
  for (const char* key : {"cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size",
                          "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size",
                          "cluster.x-k8s.io/replicas-managed-by"}) {
    const auto group =
        read(deployment(std::string(R"(,"annotations":{")") + key + R"(":"3"})", "", kSettled));
    CHECK(group.owned_by == key);
    CHECK(provider_of(group).reason == Reason::ScaledByAutoscaler);
  }
  const auto other = read(deployment(R"(,"annotations":{"a":"b"})", "", kSettled));
  CHECK(other.owned_by.empty());
  CHECK(provider_of(other).reason == Reason::Ready);
  CHECK(read(deployment("", R"(,"paused":true)", kSettled)).is_paused);
  CHECK(
      read(deployment(R"(,"annotations":{"cluster.x-k8s.io/paused":""})", "", kSettled)).is_paused);
  const auto ending =
      read(deployment(R"(,"deletionTimestamp":"2026-03-02T00:00:00Z")", "", kSettled));
  CHECK(provider_of(ending).reason == Reason::ProviderUnavailable);
}

TEST_CASE("a group that cannot be read is refused with the field that is wrong") {
  for (const auto& [text, field] :
       {std::pair{deployment("", R"(,"replicas":-1)", kSettled), "spec: replicas"},
        std::pair{deployment("", R"(,"replicas":100001)", kSettled), "spec: replicas"},
        std::pair{deployment("", R"(,"replicas":"4")", kSettled), "spec: replicas"},
        std::pair{deployment("", "", R"("readyReplicas":1.5)"), "status: readyReplicas"},
        std::pair{std::string(R"({"kind":"Pod","metadata":{"name":"a","resourceVersion":"1"}})"),
                  "kind"},
        std::pair{std::string(R"({"kind":"MachinePool","metadata":{"name":"a"}})"), "metadata"},
        std::pair{std::string("[]"), "an object"}}) {
    const auto group = decode_machine_group(text);
    REQUIRE_FALSE(group);
    CHECK(group.error().code == Code::Invalid);
    CHECK(group.error().message.find(field) != std::string::npos);
  }
}

TEST_CASE("the newest version of the API that is known and served is taken") {
  const auto version = [](const std::string& versions) {
    return decode_served_version(R"({"kind":"APIGroup","versions":[)" + versions + "]}",
                                 kMachineVersions);
  };
  const std::string old = R"({"groupVersion":"cluster.x-k8s.io/v1beta1","version":"v1beta1"})";
  const std::string now = R"({"groupVersion":"cluster.x-k8s.io/v1beta2","version":"v1beta2"})";
  CHECK(version(old + ',' + now).value() == "v1beta2");
  CHECK(version(old).value() == "v1beta1");
  const auto unknown = version(R"({"version":"v9"})");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == Code::NotFound);
}

TEST_CASE("groups are asked for and scaled where their API has them") {
  using api::NodeGroupKind;
  CHECK(machine_type(NodeGroupKind::MachineDeployment, "v1beta1").object_path({"capi", "w"}) ==
        "/apis/cluster.x-k8s.io/v1beta1/namespaces/capi/machinedeployments/w");
  CHECK(machine_type(NodeGroupKind::MachinePool, "v1beta2").object_path({"capi", "w"}) ==
        "/apis/cluster.x-k8s.io/v1beta2/namespaces/capi/machinepools/w");
}

} // namespace berth::analyzer
