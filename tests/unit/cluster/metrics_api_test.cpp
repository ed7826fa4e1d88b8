#include "lib/cluster/metrics_api.hpp"

#include <catch2/catch.hpp>

#include "lib/base/timestamp.hpp"

namespace berth::cluster {
namespace {

using namespace std::chrono_literals;
using resources::ResourceVector;

std::string list_of(const std::string& kind, const std::string& items) {
  return R"({"kind": ")" + kind + R"(List", "apiVersion": "metrics.k8s.io/v1beta1",
             "metadata": {}, "items": [)" +
         items + "]}";
}

std::string node(const std::string& rest) {
  return R"({"metadata": {"name": "n-1", "creationTimestamp": "2026-03-02T09:00:20Z"}, )" + rest +
         "}";
}

constexpr const char* kWhen = R"("timestamp": "2026-03-02T09:00:00Z", "window": "20.5s", )";

} // namespace

TEST_CASE("a node's sample has the end of its window, its length and what was used") {
  const auto list = decode_node_metrics(
      list_of("NodeMetrics", node(kWhen + std::string(R"("usage": {"cpu": "156340241n",
                                                            "memory": "1024Ki"})"))));
  REQUIRE(list);
  REQUIRE(list->samples.size() == 1);
  const UsageSample& sample = list->samples[0];
  CHECK(sample.key == kube::ObjectKey{"", "n-1"});
  CHECK(sample.at == *parse_time("2026-03-02T09:00:00Z"));
  CHECK(sample.window == 20'500ms);
  CHECK(sample.used == ResourceVector{{"cpu", 157}, {"memory", 1 << 20}}); // rounded up
  CHECK(list->malformed.empty());
}

TEST_CASE("a pod's sample is the sum of its containers") {
  const auto list = decode_pod_metrics(list_of(
      "PodMetrics", R"({"metadata": {"name": "p", "namespace": "team-a"}, )" + std::string(kWhen) +
                        R"("containers": [
                             {"name": "a", "usage": {"cpu": "100m", "memory": "1Mi"}},
                             {"name": "b", "usage": {"cpu": "1", "memory": "2Mi"}}]})"));
  REQUIRE(list);
  REQUIRE(list->samples.size() == 1);
  CHECK(list->samples[0].key == kube::ObjectKey{"team-a", "p"});
  CHECK(list->samples[0].used == ResourceVector{{"cpu", 1100}, {"memory", 3 << 20}});
  CHECK(list->samples[0].containers ==
        std::vector{ContainerUse{"a", {{"cpu", 100}, {"memory", 1 << 20}}},
                    ContainerUse{"b", {{"cpu", 1000}, {"memory", 2 << 20}}}});
}

TEST_CASE("an empty list is no failure and no sample") {
  const auto list = decode_node_metrics(list_of("NodeMetrics", ""));
  REQUIRE(list);
  CHECK(list->samples.empty());
}

TEST_CASE("a sample that cannot be read is left out and named, and the others are kept") {
  const std::string bad = GENERATE(
      as<std::string>{}, R"("usage": {"cpu": "x"})", R"("usage": {"cpu": "-1"})",
      R"("usage": {"cpu": 1})", R"("usage": {"cpu": null})", R"("usage": {})", R"("usage": [])",
      R"("usage": {"cpu": "1", "cpu": "2"})", R"("usages": {"cpu": "1"})");
  CAPTURE(bad);
  const std::string good =
      R"({"metadata": {"name": "n-2"}, )" + std::string(kWhen) + R"("usage": {"cpu": "1"}})";
  const auto list = decode_node_metrics(list_of("NodeMetrics", node(kWhen + bad) + ", " + good));
  REQUIRE(list);
  REQUIRE(list->samples.size() == 1);
  CHECK(list->samples[0].key.name == "n-2");
  REQUIRE(list->malformed.size() == 1);
  CHECK(list->malformed[0].key.name == "n-1");
  CHECK(list->malformed[0].why.find("usage") != std::string::npos);
}

TEST_CASE("a sample without a time, a window or a name is left out") {
  const std::string usage = R"("usage": {"cpu": "1"})";
  const std::string item =
      GENERATE_COPY(as<std::string>{}, node(R"("window": "20s", )" + usage),
                    node(R"("timestamp": "yesterday", "window": "20s", )" + usage),
                    node(R"("timestamp": "2026-03-02T09:00:00Z", )" + usage),
                    node(R"("timestamp": "2026-03-02T09:00:00Z", "window": "0s", )" + usage),
                    node(R"("timestamp": "2026-03-02T09:00:00Z", "window": "-5s", )" + usage),
                    R"({"metadata": {}, )" + std::string(kWhen) + usage + "}", "{}", "7", "null");
  CAPTURE(item);
  const auto list = decode_node_metrics(list_of("NodeMetrics", item));
  REQUIRE(list);
  CHECK(list->samples.empty());
  CHECK(list->malformed.size() == 1);
}

TEST_CASE("what is no list of measurements is a failure") {
  CHECK_FALSE(decode_node_metrics(""));
  CHECK_FALSE(decode_node_metrics("[]"));
  CHECK_FALSE(decode_node_metrics("<html>502 Bad Gateway</html>"));
  CHECK_FALSE(decode_node_metrics(list_of("NodeMetrics", "") + "x"));
}

} // namespace berth::cluster
