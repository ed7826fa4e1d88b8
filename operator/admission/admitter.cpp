#include "operator/admission/admitter.hpp"

#include <algorithm>
#include <utility>

#include "lib/cluster/pod_codec.hpp"
#include "operator/admission/admission_patch.hpp"

namespace berth::op {
namespace {

/// Whether the decision made for `decided` holds for `fresh` too: nothing that it was made from has
/// changed meanwhile.
bool decision_still_holds(const allocation::PodView& decided, const allocation::PodView& fresh) {
  return fresh.gated && !fresh.admission && !fresh.terminating && !fresh.terminal &&
         fresh.shape == decided.shape && fresh.gang == decided.gang &&
         fresh.quota_hint == decided.quota_hint && fresh.reservation == decided.reservation;
}

} // namespace

Admitter::Admitter(Parts parts, AdmitterLimits limits, Admitted admitted)
    : parts_(parts), limits_(limits), admitted_(std::move(admitted)), group_(parts.executor) {}

void Admitter::admit(std::vector<allocation::Admission> admissions) {
  for (auto& admission : admissions) {
    for (const auto& member : admission.members)
      parts_.observer.assume_admitted(member.pod->uid, member.record);
    queued_.push_back(std::make_shared<allocation::Admission>(std::move(admission)));
  }
  start_next();
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
  const auto pod = parts_.observer.find_pod(replanning.pod->uid);
  if (!pod)
    co_return;
  const kube::ObjectKey key = pod->meta.key();
  std::string body = admission_patch(*pod, replanning.record);
  kube::WriteOptions options;
  auto patched = co_await parts_.client.patch(kube::types::pod(), key, kube::PatchType::Merge,
                                              std::move(body), std::move(options));
  if (!patched)
    parts_.observer.forget(replanning.pod->uid);
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
  if (first == Written::Gone || first == Written::Overtaken) {
    // Nothing of the gang is written: it goes back to the queue whole.
    give_up(*admission);
  } else if (admission->members.size() > 1) {
    parts_.failpoints.pass(Failpoint::AfterFirstGangGate);
    const bool others = co_await write_members(*admission, 1);
    complete = complete && others;
  }
  parts_.failpoints.pass(Failpoint::AfterAdmissionWrite);
  if (complete)
    admitted_(*admission);
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
  if (written == Written::Gone || written == Written::Overtaken)
    parts_.observer.forget(member.pod->uid);
  if (written != Written::Done)
    *all_done = false;
}

async::Task<Admitter::Written> Admitter::write_member(const allocation::MemberAdmission& member) {
  const kube::ObjectKey key{member.pod->namespace_name, member.pod->name};
  const auto known = parts_.observer.find_pod(member.pod->uid);
  if (!known)
    co_return Written::Gone;
  cluster::Pod pod = *known;
  for (std::size_t tries = 0; tries < limits_.tries_max; ++tries) {
    auto patched = co_await write_record(pod, member.record);
    if (patched)
      co_return Written::Done;
    parts_.log.debug("Did not write an admission",
                     {{"pod", to_string(key)}, {"error", patched.error().message}});
    if (patched.error().code == Code::NotFound)
      co_return Written::Gone;
    // Conflict, or an answer that never came: what the API has now decides (quorum read).
    auto fresh = co_await read(key);
    if (!fresh && fresh.error().code == Code::NotFound)
      co_return Written::Gone;
    if (!fresh)
      continue;
    if (fresh->meta.uid != member.pod->uid.str())
      co_return Written::Gone;
    if (fresh->view.admission == member.record && !fresh->view.gated)
      co_return Written::Done;
    if (!decision_still_holds(*member.pod, fresh->view))
      co_return Written::Overtaken;
    pod = std::move(*fresh);
  }
  co_return Written::Unknown;
}

async::Task<Result<void>> Admitter::write_record(const cluster::Pod& known,
                                                 const allocation::AdmissionRecord& record) {
  const kube::ObjectKey key = known.meta.key();
  cluster::Pod pod = known;
  if (record.mode == allocation::PlacementMode::Nominate) {
    std::string body = nomination_patch(pod, record);
    kube::WriteOptions options;
    options.subresource = "status";
    BERTH_CO_TRY(std::string nominated,
                 co_await parts_.client.patch(kube::types::pod(), key, kube::PatchType::Merge,
                                              std::move(body), std::move(options)));
    BERTH_CO_TRY(const auto decoded, cluster::decode_pod_text(std::move(nominated)));
    pod = *decoded;
  }
  std::string body = admission_patch(pod, record);
  kube::WriteOptions options;
  auto patched = co_await parts_.client.patch(kube::types::pod(), key, kube::PatchType::Merge,
                                              std::move(body), std::move(options));
  if (!patched)
    co_return fail(std::move(patched).error());
  co_return Result<void>{};
}

async::Task<Result<cluster::Pod>> Admitter::read(kube::ObjectKey key) {
  BERTH_CO_TRY(const std::string text, co_await parts_.client.get(kube::types::pod(), key));
  BERTH_CO_TRY(const auto pod, cluster::decode_pod_text(text));
  co_return *pod;
}

void Admitter::give_up(const allocation::Admission& admission) {
  for (const auto& member : admission.members)
    parts_.observer.forget(member.pod->uid);
}

} // namespace berth::op
