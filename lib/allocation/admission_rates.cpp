#include "lib/allocation/admission_rates.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "lib/allocation/subject_limits.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::allocation {
namespace {

std::string account_of(const Workload& workload) {
  return workload.namespace_name + "/" + workload.service_account;
}

/// N in any minute: they are spread evenly, since a burst would allow N more at once.
RateLimit spread_evenly(std::int32_t per_minute) {
  return RateLimit{per_minute, 1};
}

const BreakerSpec& breaker_of(const ClusterSnapshot& snapshot) {
  return snapshot.policy_of({}).breaker; // subjects are in no pool: the general policy's
}

/// Something was admitted for the owner of `pod`.
struct Taking {
  const QuotaForest& forest;
  QuotaIndex quota = 0;
  const PodView& pod;
  TimePoint at{};
};

/// Records are written to the second: up to that much later there was a token. Where there was none
/// even then, the limits were others.
void take_token(TokenBucket& bucket, const RateLimit& rate, TimePoint at) {
  const TimePoint there = std::max(at, bucket.next_token(rate));
  if (there <= at + std::chrono::seconds{1})
    bucket.take(rate, there);
}

/// Of the quota, of each one above, and of the subject.
void take_tokens(const Taking& taking, AllocationMemory& memory) {
  const QuotaForest& forest = taking.forest;
  for (std::optional<QuotaIndex> at = taking.quota; at; at = forest.parent(*at))
    if (const auto& rate = forest.spec(*at).rate_limit)
      take_token(memory.quotas[forest.spec(*at).name].rate, *rate, taking.at);
  const auto limiting = limiting_quota(forest, taking.quota);
  if (!limiting || !forest.spec(*limiting).per_subject->per_minute)
    return;
  const QuotaSpec& spec = forest.spec(*limiting);
  auto& buckets = memory.quotas[spec.name].subject_rates;
  take_token(buckets[subject_of(taking.pod, *spec.per_subject)],
             spread_evenly(*spec.per_subject->per_minute), taking.at);
}

} // namespace

AdmissionRates::AdmissionRates(const Input& input, AllocationMemory& memory)
    : input_(input), memory_(memory) {
  settle_paces();
  settle_breakers();
  for (const auto& [pool, use] : input.policy.measured)
    if (!use.degradation.steps.empty() && is_fresh(use, input.now))
      degraded_.emplace(pool, use.degradation);
}

/// T1: a sign of overload halves, quiet time adds. A measurement is one sign, however many cycles
/// see it.
void AdmissionRates::settle_paces() {
  if (const auto sign = input_.policy.server_throttled_at; sign && *sign <= input_.now)
    memory_.server_pace.slow_down(*sign, input_.now);
  memory_.server_pace.recover(input_.now);
  for (const auto& pool : input_.snapshot.pools) {
    const bool is_pressed = pressure(pool->name) != PressureLevel::None;
    const auto known = memory_.pool_paces.find(pool->name);
    if (!is_pressed && known == memory_.pool_paces.end())
      continue;
    AdmissionPace& pace = memory_.pool_paces[pool->name];
    if (is_pressed)
      pace.press(measured(pool->name)->at, input_.now);
    else
      pace.recover(input_.now);
  }
  std::erase_if(memory_.pool_paces, [](const auto& entry) { return !entry.second.is_bounded(); });
}

/// T2: failures open breakers, time opens them half and closes them.
void AdmissionRates::settle_breakers() {
  const BreakerSpec& spec = breaker_of(input_.snapshot);
  for (const SubjectFailure& failure : input_.policy.failures)
    memory_.breakers[failure.subject].record_failure(spec, failure.at);
  for (auto& [subject, breaker] : memory_.breakers)
    breaker.settle(spec, input_.now);
  std::erase_if(memory_.breakers, [](const auto& entry) { return entry.second.is_new(); });
}

std::optional<Refusal> AdmissionRates::find_refusal(const Workload& workload) {
  const auto breaker = memory_.breakers.find(account_of(workload));
  if (breaker != memory_.breakers.end() && !breaker->second.may_admit())
    return refused_until(Reason::CircuitOpen,
                         "work of " + account_of(workload) + " failed again and again",
                         breaker->second.next_look(breaker_of(input_.snapshot)));
  if (!memory_.server_pace.may_admit(input_.now))
    return refused_until(Reason::Throttled, "the API server asked to slow down",
                         memory_.server_pace.next_admission());
  const auto quota = input_.snapshot.quotas->find(workload.quota.quota);
  return quota ? refused_by_quota(workload, *quota) : std::nullopt;
}

std::optional<Refusal> AdmissionRates::refused_by_quota(const Workload& workload,
                                                        QuotaIndex quota) {
  const QuotaForest& forest = *input_.snapshot.quotas;
  for (std::optional<QuotaIndex> at = quota; at; at = forest.parent(*at)) {
    const QuotaSpec& spec = forest.spec(*at);
    if (!spec.rate_limit)
      continue;
    const auto memory = memory_.quotas.find(spec.name);
    if (memory == memory_.quotas.end() ||
        memory->second.rate.has_token(*spec.rate_limit, input_.now))
      continue;
    return refused_until(Reason::RateLimited,
                         "quota " + spec.name.str() + " admits " +
                             std::to_string(spec.rate_limit->per_minute) + " a minute",
                         memory->second.rate.next_token(*spec.rate_limit));
  }
  const auto limiting = limiting_quota(forest, quota);
  if (!limiting || !forest.spec(*limiting).per_subject->per_minute || workload.waiting.empty())
    return std::nullopt;
  const QuotaSpec& spec = forest.spec(*limiting);
  const RateLimit rate = spread_evenly(*spec.per_subject->per_minute);
  const std::string subject = subject_of(*workload.waiting.front(), *spec.per_subject);
  const auto& buckets = memory_.quotas[spec.name].subject_rates;
  const auto bucket = buckets.find(subject);
  if (bucket == buckets.end() || bucket->second.has_token(rate, input_.now))
    return std::nullopt;
  return refused_until(Reason::RateLimited,
                       "quota " + spec.name.str() + " admits " + std::to_string(rate.per_minute) +
                           " a minute of " + subject,
                       bucket->second.next_token(rate));
}

std::optional<Refusal> AdmissionRates::find_refusal(const PoolName& pool) {
  const auto pace = memory_.pool_paces.find(pool);
  if (pace == memory_.pool_paces.end() || pace->second.may_admit(input_.now))
    return std::nullopt;
  const std::string why = pressure(pool) == PressureLevel::None
                              ? "pool " + pool.str() + " was under pressure"
                              : describe(pool);
  return refused_until(Reason::Throttled,
                       why + "; it takes " + std::to_string(pace->second.per_minute()) +
                           " workloads a minute",
                       pace->second.next_admission());
}

const MeasuredUse* AdmissionRates::measured(const PoolName& pool) const {
  const auto known = input_.policy.measured.find(pool);
  return known != input_.policy.measured.end() && is_fresh(known->second, input_.now)
             ? &known->second
             : nullptr;
}

PressureLevel AdmissionRates::pressure(const PoolName& pool) const {
  const MeasuredUse* use = measured(pool);
  return use == nullptr ? PressureLevel::None
                        : pressure_level(input_.snapshot.policy_of(pool).throttle, *use);
}

const Degradation& AdmissionRates::degradation(const PoolName& pool) const {
  static const Degradation kNone;
  const auto known = degraded_.find(pool);
  return known == degraded_.end() ? kNone : known->second;
}

std::string AdmissionRates::describe_degraded(const PoolName& pool) const {
  std::string why = describe_degradation(*measured(pool));
  if (why.empty())
    why = "its use fell, and what it gave up comes back step by step";
  return "pool " + pool.str() + " is degraded (" + std::string(to_string(degradation(pool).level)) +
         ": " + why + ")";
}

std::string AdmissionRates::describe(const PoolName& pool) const {
  const MeasuredUse* use = measured(pool);
  if (use == nullptr)
    return "the use of pool " + pool.str() + " is not known";
  return "pool " + pool.str() + " is under pressure (" + std::string(to_string(pressure(pool))) +
         ": " + describe_pressure(input_.snapshot.policy_of(pool).throttle, *use) + ")";
}

void AdmissionRates::admitted(const Workload& workload, const PoolName& pool) {
  memory_.server_pace.admitted(input_.now);
  if (const auto pace = memory_.pool_paces.find(pool); pace != memory_.pool_paces.end())
    pace->second.admitted(input_.now);
  if (const auto it = memory_.breakers.find(account_of(workload)); it != memory_.breakers.end())
    it->second.admitted(input_.now);
  const QuotaForest& forest = *input_.snapshot.quotas;
  if (const auto quota = forest.find(workload.quota.quota); quota && !workload.waiting.empty())
    take_tokens({forest, *quota, *workload.waiting.front(), input_.now}, memory_);
}

Refusal AdmissionRates::refused_until(Reason reason, std::string message, TimePoint until) {
  next_look_ = std::min(next_look_, until);
  return Refusal{reason, std::move(message) + "; it may go on at " + format_time(until)};
}

void recall_admissions(const ClusterSnapshot& snapshot, TimePoint now, AllocationMemory& memory) {
  std::map<std::pair<TimePoint, DecisionId>, const PodView*> decisions; // in their order
  snapshot.pods.for_each([&](const PodUid&, const std::shared_ptr<const PodView>& pod) {
    if (!pod->admission || !pod->admission->admitted_at)
      return;
    const TimePoint at = *pod->admission->admitted_at;
    if (now - kRecallMax < at && at <= now)
      decisions.try_emplace({at, pod->admission->decision}, pod.get());
  });
  for (const auto& [decision, pod] : decisions)
    if (const auto quota = snapshot.quotas->find(pod->admission->quota))
      take_tokens({*snapshot.quotas, *quota, *pod, decision.first}, memory);
}

} // namespace berth::allocation
