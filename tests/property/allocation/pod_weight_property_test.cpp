// L4: what a pod weighs, against playing its start: init containers run one after the other, each
// beside the sidecars that are up already, then the containers run beside all sidecars.

#include <catch2/catch.hpp>

#include "lib/allocation/pod_weight.hpp"
#include "tests/support/allocation/draw.hpp"

using namespace berth::allocation;
using namespace berth::allocation::testing;
using berth::resources::Amount;
using berth::resources::ResourceName;
using berth::resources::ResourceVector;

namespace {

struct Any {
  RequestSet requests{};
  std::int64_t most = 0; ///< of what is desired, allocated and actual
};

/// Of "cpu"; a resize is under way in every other one.
Any any_requests(bool is_infeasible) {
  Any any;
  const std::int64_t desired = below(20);
  any.requests.desired.set(ResourceName::cpu(), Amount{desired});
  any.most = desired;
  if (below(2) == 0)
    return any;
  const std::int64_t allocated = below(20);
  const std::int64_t actual = below(20);
  any.requests.allocated.set(ResourceName::cpu(), Amount{allocated});
  any.requests.actual.set(ResourceName::cpu(), Amount{actual});
  any.most = std::max(allocated, actual);
  if (!is_infeasible)
    any.most = std::max(any.most, desired);
  return any;
}

} // namespace

TEST_CASE("L4: a pod weighs the most that it ever runs at once, and its overhead") {
  REQUIRE(rc::check("against playing its start", [] {
    PodResources pod;
    pod.resize_infeasible = below(4) == 0;
    std::int64_t sidecars = 0;
    std::int64_t most = 0;
    for (int i = 0, count = below(5); i < count; ++i) {
      const Any init = any_requests(pod.resize_infeasible);
      const bool is_sidecar = below(2) == 0;
      pod.init_containers.push_back({init.requests, is_sidecar});
      most = std::max(most, sidecars + init.most);
      sidecars += is_sidecar ? init.most : 0;
    }
    std::int64_t at_last = sidecars;
    for (int i = 0, count = below(4); i < count; ++i) {
      const Any container = any_requests(pod.resize_infeasible);
      pod.containers.push_back(container.requests);
      at_last += container.most;
    }
    most = std::max(most, at_last);
    if (below(3) == 0) {
      const Any level = any_requests(pod.resize_infeasible);
      pod.pod_level = level.requests;
      most = level.most;
    }
    const std::int64_t overhead = below(5);
    pod.overhead.set(ResourceName::cpu(), Amount{overhead});
    RC_ASSERT(weigh(pod).get(ResourceName::cpu()) == Amount{most + overhead});
    RC_ASSERT(weigh(pod).get(ResourceName::pods()) == Amount{1});
  }));
}
