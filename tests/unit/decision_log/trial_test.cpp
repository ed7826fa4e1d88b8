#include <catch2/catch.hpp>

#include "lib/decision_log/replay.hpp"
#include "lib/decision_log/trial.hpp"
#include "tests/support/allocation/closed_loop.hpp"
#include "tests/support/decision_log/busy_world.hpp"
#include "tests/support/decision_log/stores.hpp"
#include "tests/support/decision_log/two_jobs.hpp"

using namespace berth;
using namespace berth::decision_log;
using namespace berth::decision_log::testing;

namespace {

Story story_at(const std::string& folder) {
  StoryTeller teller;
  for (const LoggedCycle& cycle : read_log(folder).cycles)
    teller.hear(cycle);
  return teller.tell();
}

TrialResult played(const Story& story, const TrialChanges& changes = {}) {
  auto result = play(story, changes);
  REQUIRE(result);
  return *std::move(result);
}

std::optional<Duration> wait_of(const TrialResult& result, const std::string& workload) {
  const TrialOutcome& outcome = result.workloads.at(workload);
  if (!outcome.started)
    return std::nullopt;
  return *outcome.started - outcome.arrived;
}

/// A node of four cores: so many are team b's own, none are team a's. Nobody is told beforehand
/// that it has to go.
World lending_world(std::int64_t owned_by_b) {
  World world = preempting_world({4});
  world.policy.preemption.min_runtime = 0s;
  world.add_all(quota("root").pool("p").cpu(0), team("a", 0), team("b", owned_by_b));
  return world;
}

TrialChanges with_quota(const allocation::QuotaSpec& quota) {
  TrialChanges changes;
  changes.quotas.push_back(quota);
  return changes;
}

} // namespace

TEST_CASE("A story tells who arrived when, and how long they ran") {
  const TempFolder folder;
  log_two_jobs(folder.path());
  const Story story = story_at(folder.path());
  REQUIRE(story.work.size() == 2);
  CHECK(story.begin == kNow);
  CHECK(story.end == kNow + 15min);
  CHECK(story.work[0].runtime == Duration{10min});
  CHECK(story.work[1].arrived == kNow + 1s);
  CHECK(story.work[1].runtime == Duration{5min});
  CHECK_FALSE(story.work[1].withdrawn);
}

TEST_CASE("X4: an unchanged trial starts work when the cluster did") {
  const TempFolder folder;
  log_two_jobs(folder.path());
  const TrialResult result = played(story_at(folder.path()));
  CHECK(wait_of(result, "team-a/first") == Duration{});
  CHECK(wait_of(result, "team-a/second") == Duration{10min - 1s});
  CHECK(result.workloads.at("team-a/second").quota == "team-a");
  CHECK(result.evictions == 0);
  CHECK(result.wasted_core_seconds == 0);
}

TEST_CASE("X4: with a raised quota the waiting workload starts sooner, with a lowered one never") {
  const TempFolder folder;
  log_two_jobs(folder.path());
  const Story story = story_at(folder.path());
  const auto raised = played(story, with_quota(quota("team-a").of("team-a").pool("p").cpu(4)));
  CHECK(wait_of(raised, "team-a/first") == Duration{});
  CHECK(wait_of(raised, "team-a/second") == Duration{});
  const auto lowered = played(story, with_quota(quota("team-a").of("team-a").pool("p").cpu(1)));
  CHECK_FALSE(wait_of(lowered, "team-a/first"));
  CHECK_FALSE(wait_of(lowered, "team-a/second"));
}

TEST_CASE("X4: evictions of a trial, and the work that they throw away, are counted") {
  const TempFolder folder;
  {
    LogWriter writer(*open_folder(folder.path()), {}, 1);
    World world = lending_world(0);
    allocation::PodView low = owned(pod("low").in("ns-a").cpu(4));
    low.created = world.now;
    world.add(low);
    log_step(world, writer);
    world.now += 100s;
    allocation::PodView high = owned(pod("high").in("ns-b").cpu(4));
    high.created = world.now;
    high.duration_limit = 50s;
    world.add(high);
    log_step(world, writer);
    world.now += 70s; // by then team-a may borrow again
    log_step(world, writer);
    world.now += 1h;
    log_step(world, writer);
  }
  const Story story = story_at(folder.path());
  TrialChanges changes = with_quota(team("b", 4));
  // The root has nothing of its own: what team-b owns is what team-a may borrow.
  const auto result = played(story, changes);
  CHECK(wait_of(result, "ns-b/high") == Duration{});
  CHECK(result.evictions == 1);
  CHECK(result.wasted_core_seconds == 400);
  CHECK(result.workloads.at("ns-a/low").evictions == 1);
  CHECK(wait_of(result, "ns-a/low") == Duration{170s});
}

TEST_CASE("A trial of a busy log ends, and leaves nobody out") {
  const TempFolder folder;
  {
    LogWriter writer(*open_folder(folder.path()), {}, 1);
    BusyWorld world(12);
    for (int i = 0; i < 60; ++i)
      REQUIRE(writer.append(world.step()));
  }
  const Story story = story_at(folder.path());
  const auto before = played(story);
  const auto after = played(story, with_quota(team("a", 1)));
  CHECK(before.workloads.size() == after.workloads.size());
  CHECK(before.cycles >= 60);
}

TEST_CASE("A change that names what is not there is refused by the replay, not obeyed") {
  Replayer replayer;
  LoggedCycle cycle;
  CHECK_FALSE(replayer.play(cycle)); // no picture yet
  cycle.is_whole = true;
  cycle.changes.push_back({Kind::Setting, "colour", SettingValue{"colour", "1"}});
  CHECK_FALSE(replayer.play(cycle));
}

TEST_CASE("A pod that was evicted and made again is one story, with the runtime of its last life") {
  const TempFolder folder;
  {
    LogWriter writer(*open_folder(folder.path()), {}, 1);
    World world = lending_world(4);
    world.add(owned(pod("low").in("ns-a").cpu(4)));
    log_step(world, writer);
    world.now += 100s;
    world.add(owned(pod("high").in("ns-b").cpu(4)));
    log_step(world, writer); // promises the room
    log_step(world, writer); // evicts
    world.state.remove_pod(PodUid{"uid-low"});
    allocation::PodView again = owned(pod("low").in("ns-a").cpu(4));
    again.uid = PodUid{"uid-low-again"};
    world.add(again);
    log_step(world, writer);
    end_pod(world, "high");
    world.now += 200s;
    log_step(world, writer);
    change(world, again.uid, [](allocation::PodView& pod) { pod.terminal = true; });
    world.now += 30s;
    log_step(world, writer);
  }
  const Story story = story_at(folder.path());
  REQUIRE(story.work.size() == 2);
  CHECK(story.work[0].pod.name == "low");
  CHECK(story.work[0].runtime == Duration{30s});
  CHECK(story.work[1].runtime == Duration{200s});
  const auto result = played(story);
  CHECK(result.evictions == 0); // it is done before anybody wants its room
}
