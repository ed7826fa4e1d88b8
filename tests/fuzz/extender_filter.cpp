// ExtenderArgs: decoded, filtered and prioritized over a small cluster with every kind of promise
// in it, and over none; the answers keep what kube-scheduler relies on.

#include <cstdint>

#include "scheduler-extender/decode.hpp"
#include "scheduler-extender/filter.hpp"
#include "scheduler-extender/prioritize.hpp"
#include "tests/fuzz/extender_reply.hpp"
#include "tests/support/allocation/builders.hpp"

namespace berth::extender {
namespace {

using namespace allocation::testing;

/// Pool "p" (n1 to n4, one full, one cordoned), dedicated pool "d" (d1), x1 in no pool.
std::shared_ptr<const allocation::ClusterSnapshot> make_snapshot() {
  World world;
  auto dedicated = pool("d");
  dedicated.is_dedicated = true;
  auto cordoned = node("n4", 8);
  cordoned.unschedulable = true;
  auto tenant = node("d1", 8);
  tenant.labels = {{"pool", "d"}};
  auto outside = node("x1", 8);
  outside.labels = {};
  world.add_all(pool("p"), dedicated, node("n1", 8), node("n2", 8), node("n3", 8), cordoned, tenant,
                outside, reservation("r", 6), quota("team-a").of("team-a").pool("p").cpu(100),
                pod("full").in("web").unmanaged().cpu(8).bound("n3"),
                pod("planned").cpu(4).admitted(record("team-a", "p", {"n1"})));
  world.state.upsert_namespace({"team-a", {{"berth.dev/managed", "true"}}});
  world.state.upsert_namespace({"web", {}});
  return world.snapshot();
}

void check(const PlacementRequest& request, const allocation::ClusterSnapshot* snapshot) {
  static VerbScratch scratch;
  const FilterResult& result = filter(request, snapshot, {}, scratch);
  testing::check_filter_answer(encode(result, request.node_names, request.names_text),
                               request.node_names);
  const auto scores = prioritize(request, snapshot, scratch);
  testing::check_prioritize_answer(encode(scores, request.node_names), request.node_names);
}

} // namespace
} // namespace berth::extender

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth::extender;
  static const auto snapshot = make_snapshot();
  static Decoder decoder;
  std::string body(reinterpret_cast<const char*>(data), size);
  const auto request = decoder.placement(body);
  if (!request)
    return 0;
  check(*request, snapshot.get());
  check(*request, nullptr);
  return 0;
}
