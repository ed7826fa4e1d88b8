#include "lib/api/codec.hpp"

#include "lib/api/json.hpp"
#include "lib/api/quota.hpp"
#include "lib/api/reservation.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/api/scaling_recommendation.hpp"

#include <catch2/catch.hpp>

namespace berth::api {
namespace {

using resources::Amount;
using resources::ResourceName;

/// A Quota with `spec` as its spec.
std::string quota(const std::string& spec) {
  return R"({"apiVersion": "berth.dev/v1alpha1", "kind": "Quota", "metadata": {"name": "q"},
             "spec": )" +
         spec + "}";
}

std::string fault_of(const std::string& spec) {
  const auto decoded = decode_text<Quota>(quota(spec));
  return decoded ? "none" : decoded.error().message;
}

} // namespace

TEST_CASE("an object without a spec has the defaults of the schema") {
  const auto decoded = decode_text<Quota>(
      R"({"apiVersion": "berth.dev/v1alpha1", "kind": "Quota", "metadata": {"name": "q"}})");
  REQUIRE(decoded);
  CHECK(decoded->spec == QuotaSpec{});
  CHECK(decoded->status == QuotaStatus{});
}

TEST_CASE("metadata is read as far as it is used") {
  const auto decoded = decode_text<Quota>(R"({
    "apiVersion": "berth.dev/v1alpha1", "kind": "Quota",
    "metadata": {
      "name": "q", "uid": "u-1", "resourceVersion": "42", "generation": 7,
      "creationTimestamp": "2026-03-29T00:30:00Z", "deletionTimestamp": "2026-03-29T01:30:00+01:00",
      "labels": {"a": "1"}, "annotations": {"b": "2"}, "finalizers": ["x/y"],
      "managedFields": [{"manager": "kubectl"}],
      "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u-2",
                           "controller": true, "blockOwnerDeletion": true}]
    }})");
  REQUIRE(decoded);
  const ObjectMeta& meta = decoded->meta;
  CHECK(meta.key() == ObjectKey{"", "q"});
  CHECK(meta.uid == "u-1");
  CHECK(meta.resource_version == "42");
  CHECK(meta.generation == 7);
  CHECK(meta.deleted == meta.created);
  CHECK(meta.labels == std::map<std::string, std::string>{{"a", "1"}});
  CHECK(meta.annotations == std::map<std::string, std::string>{{"b", "2"}});
  CHECK(meta.finalizers == std::vector<std::string>{"x/y"});
  CHECK(meta.owners == std::vector{OwnerReference{"v1", "Pod", "p", "u-2", true}});
}

TEST_CASE("amounts are in the base unit of their resource") {
  const auto decoded = decode_text<Quota>(quota(R"({"pools": [{"poolRef": {"name": "p"},
    "resources": [{"name": "cpu", "nominal": "1.5", "borrowingLimit": 2},
                  {"name": "memory", "nominal": "1Gi"},
                  {"name": "nvidia.com/gpu", "nominal": "1500m"}]}]})"));
  REQUIRE(decoded);
  const auto& amounts = decoded->spec.pools.at(0).resources;
  CHECK(amounts.at(0).nominal == Amount{1500});
  CHECK(amounts.at(0).borrowing_limit == Amount{2000});
  CHECK(amounts.at(0).lending_limit == std::nullopt);
  CHECK(amounts.at(1).nominal == Amount{1 << 30});
  CHECK(amounts.at(2).nominal == Amount{2});
}

TEST_CASE("a fault names the path of the field and what is wrong with it") {
  const auto row = GENERATE(table<std::string, std::string>({
      {R"([])", "spec: is not an object"},
      {R"("x")", "spec: is not an object"},
      {R"({"weight": "3"})", "spec.weight: \"3\" is not an integer"},
      {R"({"weight": 1.5})", "spec.weight: 1.5 is not an integer"},
      {R"({"weight": true})", "spec.weight: true is not an integer"},
      {R"({"weight": 0})", "spec.weight: 0 is not between 1 and 1000000"},
      {R"({"weight": 18446744073709551615})", "spec.weight: 18446744073709551615 is too large"},
      {R"({"weight": 4294967297})", "spec.weight: 4294967297 is not between 1 and 1000000"},
      {R"({"stop": "hold"})", "spec.stop: \"hold\" is not one of None, Hold, HoldAndDrain"},
      {R"({"stop": 1})", "spec.stop: 1 is not one of None, Hold, HoldAndDrain"},
      {R"({"parentRef": {}})", "spec.parentRef.name: is missing"},
      {R"({"parentRef": {"name": null}})", "spec.parentRef.name: is missing"},
      {R"({"parentRef": {"name": ""}})", "spec.parentRef.name: is empty"},
      {R"({"parentRef": "company"})", "spec.parentRef: is not an object"},
      {R"({"pools": {}})", "spec.pools: is not a list"},
      {R"({"pools": [{"poolRef": {"name": "a"}, "resources": []}, 7]})",
       "spec.pools[1]: is not an object"},
      {R"({"pools": [{"poolRef": {"name": "a"}}]})", "spec.pools[0].resources: is missing"},
      {R"({"pools": [{"poolRef": {"name": "a"}, "resources": [{"name": "cpu"}]}]})",
       "spec.pools[0].resources[0].nominal: is missing"},
      {R"({"pools": [{"poolRef": {"name": "a"}, "resources": [{"name": "cpu", "nominal": "x"}]}]})",
       "spec.pools[0].resources[0].nominal: \"x\" is not a quantity"},
      {R"({"pools": [{"poolRef": {"name": "a"}, "resources": [{"name": "cpu", "nominal": 1.5}]}]})",
       "spec.pools[0].resources[0].nominal: 1.5 is not a quantity"},
      {R"({"pools": [{"poolRef": {"name": "a"}, "resources": [{"name": "cpu", "nominal": "-1"}]}]})",
       "spec.pools[0].resources[0].nominal: \"-1\" is negative"},
      {R"({"pools": [{"poolRef": {"name": "a"}, "resources": [{"name": "", "nominal": 1}]}]})",
       "spec.pools[0].resources[0].name: \"\" is not the name of a resource"},
      {R"({"pools": [{"poolRef": {"name": "a"}, "resources": [{"name": "cpu", "nominal": 1},
                                                              {"name": "cpu", "nominal": 2}]}]})",
       "spec.pools[0].resources[1]: repeats \"cpu\""},
      {R"({"pools": [{"poolRef": {"name": "a"}, "resources": []},
                     {"poolRef": {"name": "a"}, "resources": []}]})",
       "spec.pools[1]: repeats \"a\""},
      {R"({"perSubject": {"limits": [{"name": "cpu", "amount": 1}, {"name": "cpu", "amount": 1}]}})",
       "spec.perSubject.limits[1]: repeats \"cpu\""},
      {R"({"perSubject": {"limits": [{"name": "cpu"}]}})",
       "spec.perSubject.limits[0].amount: is missing"},
      {R"({"subjects": {"namespaces": ["a", 1]}})", "spec.subjects.namespaces[1]: 1 is not text"},
      {R"({"subjects": {"namespaceSelector": {"matchLabels": {"a": 1}}}})",
       "spec.subjects.namespaceSelector.matchLabels.a: 1 is not text"},
      {R"({"subjects": {"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Gt",
                                                                    "values": ["1"]}]}}})",
       "spec.subjects.namespaceSelector.matchExpressions[0].operator: "
       "\"Gt\" is not one of In, NotIn, Exists, DoesNotExist"},
      {R"({"subjects": {"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}}})",
       "spec.subjects.namespaceSelector.matchExpressions[0].values: must not be empty"},
      {R"({"subjects": {"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Exists",
                                                                    "values": ["1"]}]}}})",
       "spec.subjects.namespaceSelector.matchExpressions[0].values: must be empty for Exists"},
  }));
  CHECK(fault_of(std::get<0>(row)) == std::get<1>(row));
}

TEST_CASE("a long wrong value is cut in the message") {
  const auto fault = fault_of(R"({"stop": ")" + std::string(100'000, 'x') + "\"}");
  CHECK(fault.size() < 200);
  CHECK(fault.find("...") != std::string::npos);
}

TEST_CASE("null and unknown fields are passed over") {
  CHECK(fault_of(R"({"weight": null, "pools": null, "someday": {"a": [1]}})") == "none");
}

TEST_CASE("another Kind, another version or no object at all is refused") {
  CHECK_FALSE(decode_text<Quota>("[]"));
  CHECK_FALSE(decode_text<Quota>("{}"));
  CHECK_FALSE(decode_text<Quota>(
      R"({"apiVersion": "berth.dev/v1alpha1", "kind": "ResourcePool", "metadata": {"name": "q"}})"));
  CHECK_FALSE(decode_text<Quota>(
      R"({"apiVersion": "berth.dev/v2", "kind": "Quota", "metadata": {"name": "q"}})"));
  const auto nameless =
      decode_text<Quota>(R"({"apiVersion": "berth.dev/v1alpha1", "kind": "Quota"})");
  REQUIRE_FALSE(nameless);
  CHECK(nameless.error().message == "metadata.name: is missing");
}

TEST_CASE("a status that cannot be read leaves the object visible, with an empty status") {
  const auto decoded = decode_text<Quota>(
      R"({"apiVersion": "berth.dev/v1alpha1", "kind": "Quota", "metadata": {"name": "q"},
          "spec": {"weight": 5}, "status": {"workloads": "many"}})");
  REQUIRE(decoded);
  CHECK(decoded->spec.weight == 5);
  CHECK(decoded->status == QuotaStatus{});
}

TEST_CASE("a reason of a newer version does not cost the rest of the status") {
  const auto status = decode_status<Quota>(*parse_json(
      R"({"fairShare": {"historyMilli": 12},
          "conditions": [{"type": "Ready", "status": "True", "reason": "FromTheFuture",
                          "message": "", "lastTransitionTime": "2026-03-29T00:30:00Z"}]})"));
  REQUIRE(status);
  CHECK(status->fair_share->history_milli == 12);
  CHECK(status->conditions.at(0).reason == Reason::InternalError);
}

TEST_CASE("lists of a status have one order, whatever order the server keeps") {
  const auto status = decode_status<ResourcePool>(*parse_json(
      R"({"resources": [{"name": "memory", "used": "1Gi"}, {"name": "cpu", "used": "2"}],
          "conditions": [
            {"type": "Ready", "status": "True", "reason": "Ready", "message": "",
             "lastTransitionTime": "2026-03-29T00:30:00Z"},
            {"type": "Degraded", "status": "False", "reason": "Ready", "message": "",
             "lastTransitionTime": "2026-03-29T00:30:00Z"}]})"));
  REQUIRE(status);
  CHECK(status->resources.at(0).name == ResourceName::cpu());
  CHECK(status->conditions.at(0).type == "Degraded");
}

TEST_CASE("a status body names the object and its uid and nothing else of it") {
  ObjectMeta meta;
  meta.name = "gpu";
  meta.uid = "u-1";
  meta.resource_version = "42";
  meta.labels["a"] = "b";
  ResourcePoolStatus status;
  status.resources.emplace_back().name = ResourceName::cpu();
  status.resources[0].used = Amount{1500};
  CHECK(encode_status<ResourcePool>(meta, status) ==
        R"({"apiVersion":"berth.dev/v1alpha1","kind":"ResourcePool",)"
        R"("metadata":{"name":"gpu","uid":"u-1"},)"
        R"("status":{"resources":[{"name":"cpu","used":"1500m"}]}})");
}

TEST_CASE("the two writers of a pool's status split it without a rest") {
  ResourcePoolStatus status;
  status.observed_generation = 3;
  status.nodes = NodeCounts{2, 2};
  auto& cpu = status.resources.emplace_back();
  cpu.name = ResourceName::cpu();
  cpu.capacity = Amount{4000};
  cpu.used = Amount{1500};
  cpu.measured_capacity = Amount{2000};
  status.measured_at = TimePoint{} + std::chrono::hours{1};
  status.oldest_measured_at = TimePoint{} + std::chrono::minutes{59};
  status.unmeasured_nodes = {NodeName{"n2"}};
  auto& disk = status.resources.emplace_back();
  disk.name = ResourceName::ephemeral_storage();
  disk.used = Amount{7};
  Condition ready;
  ready.type = "Ready";
  Condition measured;
  measured.type = std::string(kMetricsAvailable);
  set_condition(status.conditions, ready, TimePoint{});
  set_condition(status.conditions, measured, TimePoint{});

  const auto analyzer = measured_part(status);
  CHECK(analyzer.observed_generation == std::nullopt);
  REQUIRE(analyzer.resources.size() == 2);
  CHECK(analyzer.resources[0].used == Amount{1500});
  CHECK(analyzer.resources[0].measured_capacity == Amount{2000});
  CHECK(analyzer.measured_at == status.measured_at);
  CHECK(analyzer.oldest_measured_at == status.oldest_measured_at);
  CHECK(analyzer.unmeasured_nodes == status.unmeasured_nodes);
  CHECK(analyzer.resources[0].capacity == std::nullopt);
  REQUIRE(analyzer.conditions.size() == 1);
  CHECK(analyzer.conditions[0].type == kMetricsAvailable);

  const auto op = allocated_part(status);
  CHECK(op.nodes == status.nodes);
  REQUIRE(op.resources.size() == 1);
  CHECK(op.resources[0].capacity == Amount{4000});
  CHECK(op.resources[0].used == std::nullopt);
  CHECK(op.measured_at == std::nullopt);
  CHECK(op.oldest_measured_at == std::nullopt);
  CHECK(op.unmeasured_nodes.empty());
  REQUIRE(op.conditions.size() == 1);
  CHECK(op.conditions[0].type == "Ready");
  CHECK(measured_part(op) == ResourcePoolStatus{});
  CHECK(allocated_part(analyzer) == ResourcePoolStatus{});
}

} // namespace berth::api
