// F3: what dominant resource fairness promises, on static instances: one root that owns everything,
// children that own nothing and always have work. Tasks are whole, so the promises hold as far as
// whole tasks let them (D. Parkes, A. Procaccia, N. Shah, "Beyond Dominant Resource Fairness").

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>

#include "tests/support/allocation/builders.hpp"

using namespace berth;
using namespace berth::allocation;
using namespace berth::allocation::testing;

namespace {

/// What one task of a user needs.
struct Demand {
  int cpu = 1;
  int memory = 1;
  friend void showValue(const Demand& demand, std::ostream& out) {
    out << "<" << demand.cpu << " cpu, " << demand.memory << " memory>";
  }
};

struct Instance {
  int cpu = 0;
  int memory = 0;
  std::vector<Demand> users;
  friend void showValue(const Instance& instance, std::ostream& out) {
    out << instance.cpu << " cpu, " << instance.memory << " memory, users";
    for (const Demand& user : instance.users) {
      out << " ";
      showValue(user, out);
    }
  }
};

rc::Gen<Demand> demands(int most) {
  return rc::gen::suchThat(
      rc::gen::build<Demand>(rc::gen::set(&Demand::cpu, rc::gen::inRange(0, most + 1)),
                             rc::gen::set(&Demand::memory, rc::gen::inRange(0, most + 1))),
      [](const Demand& demand) { return demand.cpu + demand.memory > 0; });
}

Instance instance(int capacity_min, int capacity_max, int demand_max) {
  Instance instance;
  instance.cpu = *rc::gen::inRange(capacity_min, capacity_max);
  instance.memory = *rc::gen::inRange(capacity_min, capacity_max);
  instance.users = *rc::gen::container<std::vector<Demand>>(*rc::gen::inRange<std::size_t>(2, 5),
                                                            demands(demand_max));
  return instance;
}

constexpr int kMany = 1'000'000;

/// How many tasks of `demand` fit into that much.
int tasks_in(int cpu, int memory, const Demand& demand) {
  return std::min(demand.cpu == 0 ? kMany : cpu / demand.cpu,
                  demand.memory == 0 ? kMany : memory / demand.memory);
}

/// Everybody has more work than would ever fit; who is served, task by task.
std::vector<std::size_t> served(const Instance& instance) {
  World world;
  NodeView node = testing::node("n", 1);
  node.allocatable = {{"cpu", 1'000'000}, {"memory", 1'000'000}, {"pods", 1'000'000}};
  world.add_all(
      pool("p"), node,
      quota("root").pool("p").nominal("cpu", instance.cpu).nominal("memory", instance.memory));
  for (std::size_t i = 0; i < instance.users.size(); ++i) {
    const std::string name = "u" + std::to_string(i);
    const Demand& demand = instance.users[i];
    world.add(quota(name).under("root").of(name).pool("p").nominal("cpu", 0).nominal("memory", 0));
    const int tasks = tasks_in(instance.cpu, instance.memory, demand) + 1;
    for (int task = 0; task < tasks; ++task)
      world.add(pod(name + "-" + std::to_string(task))
                    .in(name)
                    .asks("cpu", demand.cpu)
                    .asks("memory", demand.memory));
  }
  std::vector<std::size_t> users;
  for (const Admission& admission : world.plan().admissions)
    users.push_back(static_cast<std::size_t>(admission.workload->namespace_name[1] - '0'));
  return users;
}

/// How many tasks each one gets.
std::vector<int> allocate(const Instance& instance) {
  std::vector<int> tasks(instance.users.size());
  for (const std::size_t user : served(instance))
    ++tasks[user];
  return tasks;
}

} // namespace

TEST_CASE("F3: Pareto efficiency: nobody could have one task more") {
  REQUIRE(rc::check("what is left is too small for every user", [] {
    const Instance given = instance(1, 60, 8);
    const std::vector<int> tasks = allocate(given);
    int cpu = given.cpu;
    int memory = given.memory;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      cpu -= tasks[i] * given.users[i].cpu;
      memory -= tasks[i] * given.users[i].memory;
    }
    RC_ASSERT(cpu >= 0);
    RC_ASSERT(memory >= 0);
    for (const Demand& user : given.users)
      RC_ASSERT(tasks_in(cpu, memory, user) == 0);
  }));
}

TEST_CASE("F3: sharing incentive: nobody has less than an equal part would give") {
  REQUIRE(rc::check("at least the tasks that fit into 1/n of everything", [] {
    const Instance given = instance(1, 60, 8);
    const std::vector<int> tasks = allocate(given);
    const int users = static_cast<int>(given.users.size());
    for (std::size_t i = 0; i < tasks.size(); ++i)
      RC_ASSERT(tasks[i] >=
                std::min(given.users[i].cpu == 0 ? kMany : given.cpu / (users * given.users[i].cpu),
                         given.users[i].memory == 0
                             ? kMany
                             : given.memory / (users * given.users[i].memory)));
  }));
}

TEST_CASE("F3: envy-freeness: nobody would rather have another's part, less one of its tasks") {
  // Judged for each user at the moment when no task of it fits any more: what is too small for it
  // goes to whoever it is large enough for (F5).
  REQUIRE(rc::check("envy goes at most as far as one task", [] {
    const Instance given = instance(1, 60, 8);
    const std::vector<std::size_t> order = served(given);
    for (std::size_t i = 0; i < given.users.size(); ++i) {
      std::vector<int> tasks(given.users.size());
      int cpu = given.cpu;
      int memory = given.memory;
      for (auto user = order.begin();
           user != order.end() && tasks_in(cpu, memory, given.users[i]) > 0; ++user) {
        ++tasks[*user];
        cpu -= given.users[*user].cpu;
        memory -= given.users[*user].memory;
      }
      for (std::size_t j = 0; j < tasks.size(); ++j) {
        const int others = std::max(tasks[j] - 1, 0);
        RC_ASSERT(tasks_in(others * given.users[j].cpu, others * given.users[j].memory,
                           given.users[i]) <= tasks[i]);
      }
    }
  }));
}

TEST_CASE("F3: strategy-proofness: a lie about what a task needs gains nothing but rounding") {
  // No mechanism for whole tasks is strategy-proof and Pareto-efficient at once (same paper), so
  // the gain is bounded by what rounding can give: a task for each user.
  REQUIRE(rc::check("no more useful tasks than the truth gives", [] {
    Instance given = instance(150, 200, 6);
    const Demand truth = given.users.front();
    const int honest = allocate(given).front();
    given.users.front() = *demands(6);
    const Demand& lie = given.users.front();
    const int lied = allocate(given).front();
    const int useful = tasks_in(lied * lie.cpu, lied * lie.memory, truth);
    RC_ASSERT(useful <= honest + static_cast<int>(given.users.size()));
  }));
}
