#include "operator/admission/admitter.hpp"

#include <algorithm>
#include <utility>

#include "lib/allocation/placement_mode.hpp"
#include "lib/cluster/pod_codec.hpp"
#include "operator/admission/admission_metrics.hpp"
#include "operator/admission/admission_patch.hpp"
#include "operator/tracing/pod_spans.hpp"

namespace berth::op {
namespace {

/// Refusals are counted on over so long a time, so that the back-off grows.
constexpr Duration kRefusalsForgottenAfter = std::chrono::hours{1};

/// Whether the decision made for `decided` holds for `fresh` too: nothing that it was made from has
/// changed meanwhile. (A managed pod may have been made without a gate.)
bool decision_still_holds(const allocation::PodView& decided, const allocation::PodView& fresh) {
  return fresh.gated == decided.gated && !fresh.admission && !fresh.is_bound() &&
         !fresh.terminating && !fresh.terminal &&
         allocation::same_but_for_rules(*fresh.shape, *decided.shape) &&
         fresh.labels == decided.labels && fresh.gang == decided.gang &&
         fresh.quota_hint == decided.quota_hint && fresh.reservation == decided.reservation;
}

/// The API server understood the write and says no; the same write again cannot help.
bool is_refusal(const Error& error) {
  return error.code == Code::Invalid || error.code == Code::Forbidden;
}

} // namespace

Admitter::Admitter(Parts parts, AdmitterLimits limits, Admitted admitted)
    : parts_(std::move(parts)), limits_(limits), admitted_(std::move(admitted)),
      group_(parts_.executor) {}

void Admitter::admit(std::vector<allocation::Admission> admissions) {
  for (auto& admission : admissions) {
    for (const auto& member : admission.members)
      parts_.observer.assume_admitted(member.pod->uid, member.record);
    queued_.push_back(std::make_shared<allocation::Admission>(std::move(admission)));
  }
  start_next();
}

void Admitter::drop_queued() {
  for (const auto& admission : std::exchange(queued_, {}))
    give_up(*admission);
}

async::Task<void> Admitter::drain() {
  return group_.join();
}

void Admitter::start_next() {
  while (writing_ < limits_.workloads_in_flight_max && !queued_.empty()) {
    ++writing_;
    group_.spawn(write_workload(std::move(queued_.front())));
    queued_.pop_front();
  }
}

async::Task<void> Admitter::write_workload(std::shared_ptr<allocation::Admission> admission) {
  parts_.failpoints.pass(Failpoint::BeforeFirstAdmissionWrite);
  const Written first = co_await write_member(admission->members.front());
  bool complete = first == Written::Done;
  if (first == Written::Done || first == Written::Unknown) {
    settle(admission->members.front(), first);
    if (admission->members.size() > 1) {
      parts_.failpoints.pass(Failpoint::AfterFirstGangGate);
      const bool others = co_await write_members(*admission, 1);
      complete = complete && others;
    }
  } else {
    // Nothing of the gang is written: it goes back to the queue whole.
    give_up(*admission);
  }
  parts_.failpoints.pass(Failpoint::AfterAdmissionWrite);
  if (complete) {
    refused_.erase(admission->workload->id);
    count_admitted(parts_.metrics, *admission, parts_.executor.clock().now());
    admitted_(*admission);
  }
  --writing_;
  start_next();
}

async::Task<bool> Admitter::write_members(const allocation::Admission& admission,
                                          std::size_t first) {
  bool all_done = true;
  const std::size_t members = admission.members.size();
  for (std::size_t begin = first; begin < members; begin += limits_.members_in_flight_max) {
    const std::size_t end = std::min(members, begin + limits_.members_in_flight_max);
    async::TaskGroup batch(parts_.executor);
    for (std::size_t member = begin; member < end; ++member) {
      if (member + 1 == members)
        parts_.failpoints.pass(Failpoint::BeforeLastGangGate);
      batch.spawn(write_into(admission.members[member], &all_done));
    }
    co_await batch.join();
  }
  co_return all_done;
}

async::Task<void> Admitter::write_into(const allocation::MemberAdmission& member, bool* all_done) {
  const Written written = co_await write_member(member);
  settle(member, written);
  if (written != Written::Done)
    *all_done = false;
}

async::Task<Admitter::Written> Admitter::write_member(const allocation::MemberAdmission& member) {
  const Clock& clock = parts_.executor.clock();
  const SteadyPoint started = clock.steady_now();
  const Written written = co_await try_to_write(member);
  parts_.metrics.admission_writes(written).add();
  trace_admission_write(parts_.tracer, member, written, {started, clock.steady_now()});
  co_return written;
}

async::Task<Admitter::Written> Admitter::try_to_write(const allocation::MemberAdmission& member) {
  const kube::ObjectKey key{member.pod->namespace_name, member.pod->name};
  const auto known = parts_.observer.find_pod(member.pod->uid);
  if (!known)
    co_return Written::Gone;
  cluster::Pod pod = *known;
  for (std::size_t tries = 0; tries < limits_.tries_max; ++tries) {
    if (const auto settled = settled_by(member, pod.view))
      co_return *settled;
    if (!parts_.leads())
      co_return Written::Unknown;
    const Terms terms = terms_for(pod, member);
    auto patched = co_await write_record(pod, member.record, terms);
    if (patched)
      co_return Written::Done;
    parts_.log.debug("Did not write an admission",
                     {{"pod", to_string(key)}, {"error", patched.error().message}});
    if (patched.error().code == Code::NotFound)
      co_return Written::Gone;
    if (is_refusal(patched.error())) {
      hold_back(allocation::workload_id(*member.pod), patched.error());
      co_return Written::Refused;
    }
    // Conflict, or an answer that never came: what the API has now decides (quorum read).
    auto fresh = co_await read(key);
    const bool is_gone =
        fresh ? fresh->meta.uid != member.pod->uid.str() : fresh.error().code == Code::NotFound;
    if (is_gone)
      co_return Written::Gone;
    if (fresh)
      pod = std::move(*fresh);
  }
  co_return settled_by(member, pod.view).value_or(Written::Unknown);
}

/// What needs no write any more: another leader, or an earlier try, may have been faster.
std::optional<Admitter::Written> Admitter::settled_by(const allocation::MemberAdmission& member,
                                                      const allocation::PodView& now) {
  if (now.admission == member.record && !now.gated)
    return Written::Done;
  if (!decision_still_holds(*member.pod, now))
    return Written::Overtaken;
  return std::nullopt;
}

async::Task<Result<void>> Admitter::write_record(const cluster::Pod& known,
                                                 const allocation::AdmissionRecord& record,
                                                 const Terms& terms) {
  BERTH_CO_TRY(const cluster::Pod pod, co_await nominated(known, record));
  std::string body = admission_patch(pod, record, terms);
  kube::WriteOptions options;
  auto patched =
      co_await parts_.client.patch(kube::types::pod(), pod.meta.key(), kube::PatchType::Merge,
                                   std::move(body), std::move(options));
  if (!patched)
    co_return fail(std::move(patched).error());
  co_return Result<void>{};
}

/// The pod as the API server has it once its best planned node is nominated, where the record says
/// so.
async::Task<Result<cluster::Pod>> Admitter::nominated(cluster::Pod pod,
                                                      const allocation::AdmissionRecord& record) {
  if (record.mode != allocation::PlacementMode::Nominate || record.planned_nodes.empty())
    co_return pod;
  std::string body = nomination_patch(pod, record);
  kube::WriteOptions options;
  options.subresource = "status";
  const Clock& clock = parts_.executor.clock();
  const SteadyPoint started = clock.steady_now();
  auto written =
      co_await parts_.client.patch(kube::types::pod(), pod.meta.key(), kube::PatchType::Merge,
                                   std::move(body), std::move(options));
  const TimeSpan writing{started, clock.steady_now()};
  trace_nomination(parts_.tracer, pod.view, record, written, writing);
  if (!written)
    co_return fail(std::move(written).error());
  BERTH_CO_TRY(const auto decoded, cluster::decode_pod_text(*std::move(written)));
  parts_.failpoints.pass(Failpoint::AfterNodeNominated);
  co_return *decoded;
}

/// Affinity is tightened only while there is a gate.
Admitter::Terms Admitter::terms_for(const cluster::Pod& pod,
                                    const allocation::MemberAdmission& member) const {
  if (pod.scheduling_gates.empty())
    return std::nullopt;
  const auto snapshot = parts_.observer.snapshot();
  return allocation::admitted_terms(member.pod->shape->constraints, member.record,
                                    snapshot->find_pool(member.record.pool));
}

async::Task<Result<cluster::Pod>> Admitter::read(kube::ObjectKey key) {
  BERTH_CO_TRY(const std::string text, co_await parts_.client.get(kube::types::pod(), key));
  BERTH_CO_TRY(const auto pod, cluster::decode_pod_text(text));
  co_return *pod;
}

void Admitter::settle(const allocation::MemberAdmission& member, Written written) {
  if (written == Written::Done)
    return; // the watch will show it
  parts_.observer.confirm_within(member.pod->uid, written == Written::Unknown
                                                      ? limits_.confirmation_max
                                                      : limits_.reconsidered_after);
}

void Admitter::give_up(const allocation::Admission& admission) {
  for (const auto& member : admission.members)
    parts_.observer.confirm_within(member.pod->uid, limits_.reconsidered_after);
}

void Admitter::hold_back(const WorkloadId& workload, const Error& error) {
  const TimePoint now = parts_.executor.clock().now();
  std::erase_if(refused_, [&](const auto& entry) {
    return entry.second.until + kRefusalsForgottenAfter < now;
  });
  Refusals& refusals = refused_[workload];
  if (refusals.until > now)
    return; // of another member of the same gang
  const Duration backoff =
      std::min(limits_.refused_backoff_max,
               limits_.refused_backoff_initial * (1U << std::min(refusals.times, 16U)));
  ++refusals.times;
  refusals.until = now + backoff;
  refusals.error = error.message;
  parts_.log.warn("The API server refused an admission", error, {{"workload", workload}});
}

std::map<WorkloadId, allocation::HeldBack> Admitter::held_back() const {
  std::map<WorkloadId, allocation::HeldBack> held;
  const TimePoint now = parts_.executor.clock().now();
  for (const auto& [id, refusals] : refused_)
    if (refusals.until > now)
      held.emplace(id, allocation::HeldBack{refusals.until, Reason::NotAdmitted,
                                            "the API server refused the admission (" +
                                                refusals.error + ")"});
  return held;
}

void Admitter::replan(std::vector<allocation::Replanning> replannings) {
  for (auto& replanning : replannings) {
    if (replanning.pod->admission == replanning.record)
      continue;
    parts_.observer.assume_admitted(replanning.pod->uid, replanning.record);
    group_.spawn(write_replanning(std::move(replanning)));
  }
}

async::Task<void> Admitter::write_replanning(allocation::Replanning replanning) {
  const PodUid uid = replanning.pod->uid;
  const auto pod = parts_.observer.find_pod(uid);
  bool done = false;
  const Terms as_they_are;
  if (pod && parts_.leads()) {
    const auto written = co_await write_record(*pod, replanning.record, as_they_are);
    done = written.has_value();
  }
  // The pod stays charged by what was decided before, which the watch may not show yet.
  if (!done)
    parts_.observer.assume_admitted(uid, *replanning.pod->admission);
}

} // namespace berth::op
