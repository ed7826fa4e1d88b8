// What is read of HorizontalPodAutoscalers: what they scale, and by what.

#include "analyzer/sources/autoscalers.hpp"

#include <catch2/catch.hpp>

namespace berth::analyzer {
namespace {

using api::ScalingTargetKind;
using resources::ResourceName;

std::string autoscaler(const std::string& target, const std::string& metrics = "[]") {
  return R"({"metadata": {"name": "web", "namespace": "shop", "uid": "u"}, "spec": {
    "minReplicas": 1, "maxReplicas": 9, "scaleTargetRef": )" +
         target + R"(, "metrics": )" + metrics + "}}";
}

} // namespace

TEST_CASE("an autoscaler is read with the workload that it scales, of its own namespace") {
  const auto found = decode_autoscaler_text(
      autoscaler(R"({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db"})"));
  REQUIRE(found);
  CHECK((*found)->target == WorkloadRef{ScalingTargetKind::StatefulSet, {"shop", "db"}});
  CHECK((*found)->follows.empty());
}

TEST_CASE("an autoscaler of another Kind is nobody's here") {
  const std::string target = GENERATE(
      as<std::string>{}, R"({"apiVersion": "argoproj.io/v1", "kind": "Rollout", "name": "a"})",
      R"({"apiVersion": "apps.example/v1", "kind": "Deployment", "name": "a"})",
      R"({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "a"})");
  CAPTURE(target);
  const auto found = decode_autoscaler_text(autoscaler(target));
  REQUIRE(found);
  CHECK_FALSE((*found)->target);
}

TEST_CASE("what an autoscaler holds against requests is told, and other metrics are not") {
  const auto found = decode_autoscaler_text(
      autoscaler(R"({"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"})", R"([
    {"type": "Resource", "resource": {"name": "cpu",
      "target": {"type": "Utilization", "averageUtilization": 70}}},
    {"type": "Resource", "resource": {"name": "memory",
      "target": {"type": "AverageValue", "averageValue": "1Gi"}}},
    {"type": "External", "external": {"metric": {"name": "queue"}}}])"));
  REQUIRE(found);
  CHECK((*found)->follows == std::vector{ResourceName::cpu()});
}

TEST_CASE("an autoscaler that cannot be read is refused") {
  CHECK_FALSE(decode_autoscaler_text("{}"));
  CHECK_FALSE(decode_autoscaler_text("[]"));
  CHECK_FALSE(decode_autoscaler_text(autoscaler("3")));
}

} // namespace berth::analyzer
