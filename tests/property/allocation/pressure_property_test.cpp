// T1 and T3 over random pools, work and measurements, against the laws written out.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "lib/allocation/admission_pace.hpp"
#include "lib/allocation/pressure.hpp"
#include "tests/support/allocation/carry_out.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

constexpr std::int64_t kCores = 60;

struct Job {
  std::string name{};
  std::string quota{};
  std::int64_t cores = 1;
  std::int64_t memory_gib = 0;
  int priority = 0;
  bool is_burst = false;
  bool is_kept = false; ///< nobody may evict it
};

/// Three quotas below one root that has something to lend, and what runs in them.
struct Scene {
  World world = preempting_world({kCores});
  std::map<std::string, std::int64_t> nominal;
  std::map<std::string, Job> jobs;

  [[nodiscard]] std::int64_t held(const std::string& quota, const std::set<std::string>& gone) {
    std::int64_t cores = 0;
    for (const auto& [name, job] : jobs)
      if (job.quota == quota && !gone.contains(name))
        cores += job.cores;
    return cores;
  }
};

void add_job(Scene& scene, int number) {
  Job job{"j" + std::to_string(number), *rc::gen::element<std::string>("a", "b", "c"),
          *rc::gen::inRange(1, 5),      *rc::gen::inRange(0, 60),
          *rc::gen::inRange(0, 3),      *rc::gen::inRange(0, 5) == 0,
          *rc::gen::inRange(0, 5) == 0};
  AdmissionRecord admission = record(job.quota, "p", {"n1"});
  admission.is_burst = job.is_burst;
  PodView made = running(job.name, job.quota, "n1")
                     .cpu(job.cores)
                     .asks("memory", job.memory_gib << 30)
                     .priority(job.priority)
                     .created(*rc::gen::inRange(0, 5))
                     .admitted(admission);
  made.preemptible = !job.is_kept;
  scene.world.add(made);
  scene.jobs.emplace(job.name, job);
}

Scene any_scene() {
  Scene scene;
  scene.world.policy.preemption.notice = std::chrono::seconds{*rc::gen::element(0, 60)};
  scene.world.add(quota("root").pool("p").cpu(*rc::gen::inRange(0, 30)));
  for (const std::string name : {"a", "b", "c"}) {
    scene.nominal[name] = *rc::gen::inRange(0, 8);
    scene.world.add(team(name, scene.nominal[name]));
  }
  const int jobs = *rc::gen::inRange(0, 15);
  for (int i = 0; i < jobs; ++i)
    add_job(scene, i);
  return scene;
}

/// In hundredths of a percent, so that victims of every size matter.
MeasuredUse any_use(TimePoint at) {
  MeasuredUse use = measured_use(0, 0, at, kCores);
  for (const ResourceName& resource : pressed_resources())
    use.used.set(resource, resources::scaled(use.capacity.get(resource),
                                             *rc::gen::inRange(7500, 10'001), 10'000));
  return use;
}

const Throttle kThrottle{};

PressureLevel level_without(const MeasuredUse& use, const ResourceName& resource,
                            const std::vector<Shedding>& gone) {
  MeasuredUse left = use;
  for (const Shedding& shedding : gone)
    left.used -= shedding.pod->requests();
  return pressure_level(kThrottle, left, resource);
}

/// Whether a resource that the pod has is at the level without the others.
bool is_needed(const MeasuredUse& use, const Shedding& one, const std::vector<Shedding>& others,
               PressureLevel level) {
  return std::ranges::any_of(pressed_resources(), [&](const ResourceName& resource) {
    return one.pod->requests().get(resource) > Amount{} &&
           level_without(use, resource, others) >= level;
  });
}

std::vector<Shedding> without(std::vector<Shedding> sheddings, const PodUid& one) {
  std::erase_if(sheddings, [&](const Shedding& shedding) { return shedding.pod->uid == one; });
  return sheddings;
}

} // namespace

TEST_CASE("T3: nothing that is protected, or that a quota owns, is ever shed") {
  REQUIRE(rc::check("whatever is measured", [] {
    Scene scene = any_scene();
    scene.world.policy.measured[PoolName{"p"}] = any_use(kNow);
    const Plan plan = scene.world.plan();
    std::set<std::string> gone;
    for (const Shedding& shedding : plan.sheddings) {
      const Job& job = scene.jobs.at(shedding.pod->name);
      RC_ASSERT(!job.is_kept);
      RC_ASSERT(gone.insert(job.name).second);
    }
    for (const auto& [quota, nominal] : scene.nominal) {
      const std::int64_t before = scene.held(quota, {});
      const bool has_burst_gone = std::ranges::any_of(gone, [&](const std::string& name) {
        return scene.jobs.at(name).is_burst && scene.jobs.at(name).quota == quota;
      });
      RC_ASSERT((has_burst_gone || scene.held(quota, gone) >= std::min(before, nominal)));
    }
    const bool is_pressed =
        pressure_level(kThrottle, scene.world.policy.measured.at(PoolName{"p"})) >=
        PressureLevel::Critical;
    RC_ASSERT((is_pressed || gone.empty()));
  }));
}

TEST_CASE("T3: what is shed is needed to the last, bursts first, then by priority and age") {
  REQUIRE(rc::check("against trying each", [] {
    Scene scene = any_scene();
    const MeasuredUse use = any_use(kNow);
    scene.world.policy.measured[PoolName{"p"}] = use;
    const std::vector<Shedding> all = scene.world.plan().sheddings;
    std::vector<Shedding> at_once;
    std::ranges::copy_if(all, std::back_inserter(at_once),
                         [](const Shedding& shedding) { return !shedding.gives_notice; });
    for (const Shedding& shedding : all) {
      const bool is_emergency = !shedding.gives_notice;
      RC_ASSERT(is_needed(use, shedding, without(is_emergency ? at_once : all, shedding.pod->uid),
                          is_emergency ? PressureLevel::Emergency : PressureLevel::Critical));
    }
    const auto rank = [&](const Shedding& shedding) {
      return std::tuple{shedding.gives_notice, !scene.jobs.at(shedding.pod->name).is_burst,
                        shedding.pod->priority, -shedding.pod->created.time_since_epoch()};
    };
    RC_ASSERT(std::ranges::is_sorted(all, {}, rank));
  }));
}

TEST_CASE("T3: a pool stays above its level only if nobody is left who could help") {
  REQUIRE(rc::check("with work that all may go", [] {
    World world = preempting_world({kCores});
    world.add_all(quota("root").pool("p").cpu(kCores), team("a", 0));
    const int jobs = *rc::gen::inRange(0, 15);
    for (int i = 0; i < jobs; ++i)
      world.add(running("j" + std::to_string(i), "a", "n1")
                    .cpu(*rc::gen::inRange(1, 4))
                    .priority(*rc::gen::inRange(0, 3)));
    const MeasuredUse use = any_use(kNow);
    world.policy.measured[PoolName{"p"}] = use;
    const std::vector<Shedding> all = world.plan().sheddings;
    RC_ASSERT((level_without(use, ResourceName::cpu(), all) < PressureLevel::Critical ||
               std::ssize(all) == jobs));
  }));
}

TEST_CASE("T3: carrying a shedding out and planning again on the same measurement sheds no more") {
  REQUIRE(rc::check("however long the pods take to go", [] {
    Scene scene = any_scene();
    World& world = scene.world;
    world.policy.measured[PoolName{"p"}] = any_use(kNow);
    std::set<PodUid> listed;
    for (const Shedding& shedding : world.plan().sheddings)
      listed.insert(shedding.pod->uid);
    for (int cycle = 0; cycle < 8; ++cycle) {
      const Plan plan = play(world);
      for (const Shedding& shedding : plan.sheddings)
        RC_ASSERT(listed.contains(shedding.pod->uid));
      if (*rc::gen::inRange(0, 2) == 1)
        remove_terminating(world);
      world.now += std::chrono::seconds{*rc::gen::inRange(0, 35)};
    }
    world.now = kNow + 285s;
    static_cast<void>(play(world)); // the notices have passed by now
    const Plan last = play(world);
    RC_ASSERT(last.preemption.evictions.empty());
  }));
}

TEST_CASE("T1: admissions into a pool never exceed the pace, which recovers by addition alone") {
  REQUIRE(rc::check("over random measurements", [] {
    World world;
    NodeView large = testing::node("n", 100'000);
    large.allocatable.set(ResourceName::pods(), Amount{100'000});
    world.add_all(pool("p"), large, quota("a").of("team-a").pool("p").cpu(100'000));
    int made = 0;
    std::int32_t pace_before = AdmissionPace::kPerMinuteMax;
    for (int step = 0; step < 12; ++step) {
      const Duration passes = std::chrono::seconds{*rc::gen::inRange(1, 40)};
      world.now += passes;
      const bool is_measured = *rc::gen::inRange(0, 2) == 0;
      if (is_measured)
        world.policy.measured[PoolName{"p"}] =
            measured_use(*rc::gen::inRange(60, 101), 0, world.now);
      for (int i = 0; i < 20; ++i, ++made)
        world.add(pod("j" + std::to_string(made)).cpu(1));
      const Plan plan = world.step();
      const auto known = plan.memory.pool_paces.find(PoolName{"p"});
      const std::int32_t pace = known == plan.memory.pool_paces.end() ? AdmissionPace::kPerMinuteMax
                                                                      : known->second.per_minute();
      if (known != plan.memory.pool_paces.end())
        RC_ASSERT(std::ssize(plan.admissions) <= std::max(pace / 60, 1));
      // Never more than what quiet seconds add; halved at most once for one measurement.
      const auto added = static_cast<std::int32_t>(passes / 1s) * AdmissionPace::kStepPerSecond;
      RC_ASSERT(pace <= std::min(AdmissionPace::kPerMinuteMax,
                                 pace_before + added + AdmissionPace::kStepPerSecond));
      RC_ASSERT(pace >= std::max(pace_before / 2, AdmissionPace::kPerMinuteMin));
      pace_before = pace;
    }
  }));
}
