#include <catch2/catch.hpp>

#include "lib/allocation/pod_weight.hpp"

using namespace berth::allocation;
using berth::resources::ResourceVector;

namespace {

RequestSet wants(std::int64_t cpu) {
  return {{{"cpu", cpu}}, {}, {}};
}

} // namespace

TEST_CASE("L4: a pod weighs the sum of its containers and one pod") {
  CHECK(weigh({}) == ResourceVector{{"pods", 1}});
  PodResources pod;
  pod.containers = {wants(100), wants(200), {{{"memory", 7}}, {}, {}}};
  CHECK(weigh(pod) == ResourceVector{{"cpu", 300}, {"memory", 7}, {"pods", 1}});
}

TEST_CASE("L4: the largest init step counts where it is more than the containers") {
  PodResources pod;
  pod.containers = {wants(100)};
  pod.init_containers = {{wants(50), false}, {wants(400), false}, {wants(300), false}};
  CHECK(weigh(pod) == ResourceVector{{"cpu", 400}, {"pods", 1}});
}

TEST_CASE("L4: sidecars run beside the containers and beside later init containers") {
  PodResources pod;
  pod.containers = {wants(100)};
  pod.init_containers = {{wants(500), false}, {wants(30), true}, {wants(480), false}};
  CHECK(weigh(pod) == ResourceVector{{"cpu", 510}, {"pods", 1}}); // 480 beside the sidecar of 30
  pod.containers = {wants(600)};
  CHECK(weigh(pod) == ResourceVector{{"cpu", 630}, {"pods", 1}});
}

TEST_CASE("L4: pod-level amounts replace the sum of the resources that they name") {
  PodResources pod;
  pod.containers = {{{{"cpu", 100}, {"memory", 5}}, {}, {}}};
  pod.pod_level = RequestSet{{{"cpu", 70}}, {}, {}};
  CHECK(weigh(pod) == ResourceVector{{"cpu", 70}, {"memory", 5}, {"pods", 1}});
}

TEST_CASE("L4: the overhead is added on top of everything") {
  PodResources pod;
  pod.containers = {wants(100)};
  pod.pod_level = wants(150);
  pod.overhead = {{"cpu", 20}, {"memory", 1}};
  CHECK(weigh(pod) == ResourceVector{{"cpu", 170}, {"memory", 1}, {"pods", 1}});
}

TEST_CASE("L4: during a resize the most of desired, allocated and actual counts") {
  PodResources pod;
  pod.containers = {{{{"cpu", 100}}, {{"cpu", 300}}, {{"cpu", 200}}}};
  CHECK(weigh(pod) == ResourceVector{{"cpu", 300}, {"pods", 1}});
  pod.containers = {{{{"cpu", 900}}, {{"cpu", 300}}, {{"cpu", 200}}}};
  CHECK(weigh(pod) == ResourceVector{{"cpu", 900}, {"pods", 1}});
  pod.resize_infeasible = true; // the desired amount will never come
  CHECK(weigh(pod) == ResourceVector{{"cpu", 300}, {"pods", 1}});
  pod.containers = {wants(900)}; // nothing is reported: the desired amount is all there is
  CHECK(weigh(pod) == ResourceVector{{"cpu", 900}, {"pods", 1}});
}

TEST_CASE("negative amounts count as zero and a thousand containers add up") {
  PodResources pod;
  pod.containers.assign(1000, wants(3));
  CHECK(weigh(pod) == ResourceVector{{"cpu", 3000}, {"pods", 1}});
  pod.containers = {wants(-5)};
  CHECK(weigh(pod) == ResourceVector{{"cpu", 0}, {"pods", 1}});
  pod.containers = {wants(INT64_MAX), wants(INT64_MAX)};
  CHECK(weigh(pod) == ResourceVector{{"cpu", INT64_MAX}, {"pods", 1}});
}
