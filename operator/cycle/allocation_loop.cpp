#include "operator/cycle/allocation_loop.hpp"

#include <algorithm>
#include <utility>

#include "lib/allocation/admission_rates.hpp"
#include "lib/api/to_allocation.hpp"
#include "operator/cycle/rest.hpp"
#include "operator/tracing/pod_spans.hpp"

namespace berth::op {
namespace {

/// However quiet the cluster is, a cycle runs this often: a limit on what a forgotten wake-up
/// costs.
constexpr Duration kCycleIntervalMax = std::chrono::seconds{60};

double seconds(SteadyPoint from, SteadyPoint to) {
  return std::chrono::duration<double>(to - from).count();
}

} // namespace

AllocationLoop::AllocationLoop(Parts parts, std::function<allocation::Policy()> policy,
                               std::uint64_t seed)
    : parts_(std::move(parts)), policy_(std::move(policy)), seed_(seed), changed_(parts_.executor) {
  parts_.observer.on_publish([this](const cluster::Observer::Snapshot&) {
    if (!in_cycle_)
      changed_.notify();
  });
}

async::Task<void> AllocationLoop::run(std::stop_token stop) {
  recall();
  while (!stop.stop_requested()) {
    const SteadyPoint started = parts_.executor.clock().steady_now();
    cycle();
    const SteadyPoint ended = parts_.executor.clock().steady_now();
    const async::TimerId timer =
        parts_.executor.post_after(until_next_cycle(), [this] { changed_.notify(); });
    const bool woken = co_await changed_.wait(stop);
    parts_.executor.cancel(timer);
    if (!woken)
      co_return;
    const auto took = std::chrono::duration_cast<Duration>(ended - started);
    const auto rested =
        std::chrono::duration_cast<Duration>(parts_.executor.clock().steady_now() - ended);
    const Duration rest = rest_after(took) - rested;
    if (rest <= Duration{0})
      continue;
    const bool is_over = co_await async::sleep_for(parts_.executor, rest, stop);
    if (!is_over)
      co_return;
  }
}

void AllocationLoop::recall() {
  allocation::AllocationMemory memory;
  for (const auto& [key, quota] : parts_.observer.quotas().items())
    memory.quotas.emplace(QuotaName{quota->meta.name}, api::remembered(*quota));
  in_cycle_ = true;
  const auto snapshot = parts_.observer.publish_now();
  in_cycle_ = false;
  const TimePoint now = parts_.executor.clock().now();
  allocation::recall_admissions(*snapshot, now, memory);
  memory.sheds_from = now;
  memory_ = std::make_shared<const allocation::AllocationMemory>(std::move(memory));
}

void AllocationLoop::cycle() {
  using telemetry::CyclePhase;
  const Clock& clock = parts_.executor.clock();
  const SteadyPoint started = clock.steady_now();
  in_cycle_ = true;
  const auto snapshot = parts_.observer.publish_now();
  in_cycle_ = false;
  const SteadyPoint observed = clock.steady_now();
  allocation::Policy policy = policy_();
  policy.memory = memory_;
  const TimePoint now = clock.now();
  const auto shared =
      std::make_shared<const allocation::Plan>(allocation::decide(*snapshot, policy, now, seed_));
  const allocation::Plan& plan = *shared;
  const SteadyPoint decided = clock.steady_now();
  auto rolled_back = parts_.gangs.take_rolled_back();
  if (recorder_ != nullptr)
    recorder_->record({snapshot, policy, now, seed_, shared, std::move(rolled_back)});
  trace_admissions(parts_.tracer, plan, {started, decided});

  memory_ = std::make_shared<const allocation::AllocationMemory>(plan.memory);
  next_look_ = plan.next_look;
  decided_on_ = snapshot;
  held_until_ = plan.preemption.next_due;
  for (const auto& [workload, held] : policy.held_back)
    held_until_ = std::min(held_until_, held.until);
  starts_.note(plan, clock.now());
  parts_.waiting.report(plan.waiting, starts_, plan.admissions.size());
  parts_.stranded.report(plan.strandings);
  std::vector<allocation::Admission> admissions = plan.admissions;
  std::erase_if(admissions, [this](const allocation::Admission& admission) {
    return parts_.evictor.is_evicting_for(admission.workload->id);
  });
  std::vector<allocation::Replanning> replannings = plan.replannings;
  parts_.requests.grant(admissions); // takes out those of requests
  parts_.requests.move(replannings);
  parts_.admitter.admit(std::move(admissions));
  parts_.admitter.replan(std::move(replannings));
  parts_.overruns.report(plan.overruns);
  parts_.evictor.carry_out(plan.preemption, now);
  suggestions_.look_for({*snapshot, policy, plan, now, seed_});
  digest_ = std::make_shared<const PlanDigest>(
      op::digest(plan, {*snapshot, starts_, suggestions_, policy.evictions}, now));
  count(plan);

  parts_.metrics.cycle_duration_seconds(CyclePhase::Observe).observe(seconds(started, observed));
  parts_.metrics.cycle_duration_seconds(CyclePhase::Decide).observe(seconds(observed, decided));
  parts_.metrics.cycle_duration_seconds(CyclePhase::Act)
      .observe(seconds(decided, clock.steady_now()));
}

void AllocationLoop::count(const allocation::Plan& plan) {
  for (const Reason reason : all_reasons())
    parts_.metrics.waiting_workloads(reason).set(
        static_cast<double>(digest_->waiting_by_reason[static_cast<std::size_t>(reason)]));
  if (plan.admissions.empty())
    return;
  parts_.log.info("Admitted workloads", {{"cycle", plan.based_on.number},
                                         {"admitted", plan.admissions.size()},
                                         {"waiting", plan.waiting.size()}});
}

Duration AllocationLoop::until_next_cycle() const {
  const TimePoint now = parts_.executor.clock().now();
  const TimePoint until = std::min({decided_on_->right_until, held_until_, next_look_});
  if (until >= now + kCycleIntervalMax)
    return kCycleIntervalMax;
  return std::max(until - now, Duration{1});
}

} // namespace berth::op
