// I11: whatever the cluster and the request, the answer is a well-formed subset of the request.
#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include "scheduler-extender/prioritize.hpp"
#include "tests/fuzz/extender_reply.hpp"
#include "tests/unit/scheduler-extender/requests.hpp"

using namespace berth;
using namespace berth::extender;
using namespace berth::extender::testing;

namespace {

constexpr int kNodes = 8;

std::string node_name(int number) {
  return "n" + std::to_string(number);
}

/// A cluster of up to kNodes nodes in two pools, with running and planned pods and a reservation.
void populate(World& world) {
  world.add_all(pool("p"), pool("q"));
  world.state.upsert_namespace({"team-a", {{"berth.dev/managed", "true"}}});
  if (*rc::gen::arbitrary<bool>())
    world.add(reservation("r", *rc::gen::inRange(1, 20)));
  for (int i = 0; i < kNodes; ++i) {
    if (*rc::gen::inRange(0, 8) == 0)
      continue;
    auto made = node(node_name(i), *rc::gen::inRange(1, 16));
    made.labels.set("pool", *rc::gen::element<std::string>("p", "q", "none"));
    made.unschedulable = *rc::gen::inRange(0, 6) == 0;
    world.add(made);
  }
  const int pods = *rc::gen::inRange(0, 12);
  for (int i = 0; i < pods; ++i) {
    auto made = pod("pod-" + std::to_string(i)).cpu(*rc::gen::inRange(0, 6));
    const std::string where = node_name(*rc::gen::inRange(0, kNodes));
    if (*rc::gen::arbitrary<bool>())
      made.admitted(record("team-a", "p", {where}));
    else
      made.in("web").unmanaged();
    if (*rc::gen::arbitrary<bool>())
      made.bound(where);
    world.add(made);
  }
}

std::shared_ptr<cluster::Pod> any_pod() {
  auto made = pod("asking").cpu(*rc::gen::inRange(0, 6)).priority(*rc::gen::inRange(-5, 5));
  const int kind = *rc::gen::inRange(0, 3);
  if (kind == 0)
    made.in("web").unmanaged();
  if (kind == 1)
    made.admitted(
        record("team-a", *rc::gen::element<std::string>("p", "q", "gone"),
               {node_name(*rc::gen::inRange(0, kNodes)), node_name(*rc::gen::inRange(0, kNodes))}));
  auto shown = wire_pod(made);
  shown->has_soft_constraints = *rc::gen::arbitrary<bool>();
  return shown;
}

} // namespace

TEST_CASE("I11: filter and prioritize answer each node that was asked for once, and no other") {
  VerbScratch scratch; // kept from case to case, as a thread keeps it
  CHECK(rc::check([&scratch] {
    World world;
    populate(world);
    const auto snapshot = world.snapshot();
    const auto numbers = *rc::gen::unique<std::vector<int>>(rc::gen::inRange(0, kNodes + 2));
    std::vector<std::string> names;
    for (const int number : numbers)
      names.push_back(node_name(number));
    const Asked asked(any_pod(), names);
    const std::size_t candidates = *rc::gen::inRange<std::size_t>(1, 5);
    const FilterResult& result = filter(asked.request, snapshot.get(), {candidates}, scratch);
    check_filter_answer(encode(result, asked.names), asked.names);
    const auto scores = prioritize(asked.request, snapshot.get(), scratch);
    check_prioritize_answer(encode(scores, asked.names), asked.names);
    if (asked.request.pod->view.admission)
      RC_ASSERT(result.passed.size() <= (asked.request.pod->has_soft_constraints ? candidates : 1));
  }));
}
