#include <algorithm>
#include <functional>

#include <catch2/catch.hpp>

#include "scheduler-extender/prioritize.hpp"
#include "tests/unit/scheduler-extender/requests.hpp"

using namespace berth;
using namespace berth::extender;
using namespace berth::extender::testing;

namespace {

/// "n1=10 n2=0": every host of the answer in its order.
std::string shown(const Asked& asked, const allocation::ClusterSnapshot* snapshot) {
  VerbScratch scratch;
  std::string text;
  for (const HostScore& score : prioritize(asked.request, snapshot, scratch))
    text +=
        (text.empty() ? "" : " ") + asked.texts[score.position] + "=" + std::to_string(score.score);
  return text;
}

struct ScoreWorld : World {
  explicit ScoreWorld(allocation::Strategy strategy) {
    auto spec = pool("p");
    spec.strategy = strategy;
    add_all(spec, node("n1", 8), node("n2", 16), node("n3", 32));
    state.upsert_namespace({"team-a", {{"berth.dev/managed", "true"}}});
  }

  std::shared_ptr<cluster::Pod> admit(std::vector<std::string> planned) {
    const PodView view = pod("a").cpu(2).admitted(record("team-a", "p", std::move(planned)));
    add(view);
    return wire_pod(view);
  }
};

} // namespace

TEST_CASE("the pool's strategy becomes scores from 10 for the best node to 0 for the last") {
  const auto row = GENERATE(values<std::pair<allocation::Strategy, std::string>>({
      {allocation::Strategy::BestFit, "n3=0 n2=5 n1=10"},
      {allocation::Strategy::WorstFit, "n3=10 n2=5 n1=0"},
      {allocation::Strategy::FirstFit, "n3=0 n2=5 n1=10"},
  }));
  ScoreWorld world(row.first);
  const Asked asked(world.admit({"n9"}), {"n3", "n2", "n1"});
  CHECK(shown(asked, world.snapshot().get()) == row.second);
}

TEST_CASE("planned nodes come before all others, in their order") {
  ScoreWorld world(allocation::Strategy::BestFit);
  const Asked asked(world.admit({"n3", "n2"}), {"n1", "n2", "n3"});
  CHECK(shown(asked, world.snapshot().get()) == "n1=0 n2=5 n3=10");
}

TEST_CASE("every host is listed, those that cannot take the pod with 0") {
  ScoreWorld world(allocation::Strategy::WorstFit);
  world.add(pod("full").in("web").unmanaged().cpu(32).bound("n3"));
  const Asked asked(world.admit({"n9"}), {"n3", "unheard-of", "n1", "n2"});
  CHECK(shown(asked, world.snapshot().get()) == "n3=0 unheard-of=0 n1=0 n2=10");
}

TEST_CASE("for pods that are not admitted, and while the caches are cold, no host is listed") {
  ScoreWorld world(allocation::Strategy::BestFit);
  const Asked unmanaged(wire_pod(pod("w").in("web").unmanaged()), {"n1", "n2"});
  CHECK(shown(unmanaged, world.snapshot().get()) == "");
  const Asked refused(wire_pod(pod("b").unmanaged()), {"n1"}); // managed, not admitted
  CHECK(shown(refused, world.snapshot().get()) == "");
  const Asked admitted(world.admit({"n1"}), {"n1", "n2"});
  CHECK(shown(admitted, nullptr) == "");
}

TEST_CASE("one host alone gets 10, and none gives an empty list") {
  ScoreWorld world(allocation::Strategy::BestFit);
  const Asked one(world.admit({"n1"}), {"n2"});
  CHECK(shown(one, world.snapshot().get()) == "n2=10");
  const Asked none(world.admit({"n1"}), {});
  CHECK(shown(none, world.snapshot().get()).empty());
}

TEST_CASE("of many hosts only the best are listed, from 10 to 1") {
  ScoreWorld world(allocation::Strategy::FirstFit);
  std::vector<std::string> names;
  for (int i = 100; i <= 300; ++i) {
    names.push_back("n" + std::to_string(i));
    world.add(node(names.back(), 8));
  }
  const auto shown = world.admit({"n300"});
  const Asked asked(shown, names);
  VerbScratch scratch;
  const auto scores = prioritize(asked.request, world.snapshot().get(), scratch);
  REQUIRE(scores.size() == kLessPreferredToldMax);
  CHECK(asked.texts[scores.front().position] == "n300"); // the planned one
  CHECK(scores.front().score == 10);
  CHECK(asked.texts[scores[1].position] == "n100");
  CHECK(asked.texts[scores.back().position] == "n198");
  CHECK(scores.back().score == 1);
  CHECK(std::ranges::is_sorted(scores, std::ranges::greater{}, &HostScore::score));
}
