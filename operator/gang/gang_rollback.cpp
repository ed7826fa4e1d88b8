#include "operator/gang/gang_rollback.hpp"

#include <algorithm>
#include <utility>

#include "lib/api/labels.hpp"
#include "lib/async/task_group.hpp"
#include "lib/cluster/pod_codec.hpp"
#include "operator/admission/admission_patch.hpp"

namespace berth::op {
namespace {

constexpr std::size_t kMembersAtOnceMax = 16;

bool is_live(const cluster::Pod& pod) {
  return !pod.view.terminal && !pod.view.terminating;
}

/// The pod says already that its admission is taken back.
bool is_marked(const cluster::Pod& pod, const api::RollbackRecord& record) {
  const auto text = pod.meta.annotations.find(std::string(api::annotation::kRolledBack));
  if (text == pod.meta.annotations.end())
    return false;
  const auto known = api::decode_rollback(text->second);
  return known && known->decision == record.decision;
}

} // namespace

async::Task<GangRollback::End> GangRollback::run(AdmittedGang gang, api::RollbackRecord record) {
  std::vector<Member> members;
  for (const auto& pod : gang.members)
    members.push_back(Member{{pod->namespace_name, pod->name}, pod->uid.str()});
  const bool all_read = co_await each(members, &GangRollback::read, record);
  if (!all_read)
    co_return End::Untouched;
  std::erase_if(members, [](const Member& member) { return !member.pod || !is_live(*member.pod); });
  gang.bound = static_cast<std::int32_t>(
      std::count_if(members.begin(), members.end(),
                    [](const Member& member) { return member.pod->view.is_bound(); }));
  if (members.empty() || gang.is_whole())
    co_return End::NotNeeded;
  const bool all_marked = co_await each(members, &GangRollback::mark, record);
  if (!all_marked)
    co_return End::Untouched;
  parts_.failpoints.pass(Failpoint::BeforeGangRollback);
  std::stable_partition(members.begin(), members.end(),
                        [](const Member& member) { return !member.pod->view.is_bound(); });
  co_await remove(members.front(), record);
  parts_.failpoints.pass(Failpoint::AfterFirstGangRollback);
  const std::span<Member> others = std::span(members).subspan(1);
  const bool others_removed = co_await each(others, &GangRollback::remove, record);
  co_return others_removed && !members.front().failed ? End::Done : End::Begun;
}

async::Task<bool> GangRollback::each(std::span<Member> members, Step step,
                                     api::RollbackRecord record) {
  for (std::size_t begin = 0; begin < members.size(); begin += kMembersAtOnceMax) {
    const std::size_t end = std::min(members.size(), begin + kMembersAtOnceMax);
    async::TaskGroup batch(parts_.executor);
    for (std::size_t member = begin; member < end; ++member)
      batch.spawn((this->*step)(members[member], record));
    co_await batch.join();
  }
  co_return std::none_of(members.begin(), members.end(),
                         [](const Member& member) { return member.failed; });
}

async::Task<void> GangRollback::read(Member& member, api::RollbackRecord) {
  auto text = co_await parts_.client.get(kube::types::pod(), member.key);
  if (!text) {
    member.failed = text.error().code != Code::NotFound;
    co_return;
  }
  const auto pod = cluster::decode_pod_text(std::move(*text));
  member.failed = !pod;
  if (pod && (*pod)->meta.uid == member.uid)
    member.pod = **pod;
}

/// Any change since the read fails, a binding above all.
async::Task<void> GangRollback::mark(Member& member, api::RollbackRecord record) {
  const auto& admission = member.pod->view.admission;
  record.decision = admission ? admission->decision : allocation::DecisionId{};
  if (is_marked(*member.pod, record))
    co_return;
  member.failed = true;
  if (!parts_.leads())
    co_return;
  std::string body = rollback_patch(*member.pod, record);
  kube::WriteOptions options;
  auto text = co_await parts_.client.patch(kube::types::pod(), member.key, kube::PatchType::Merge,
                                           std::move(body), std::move(options));
  if (!text)
    co_return;
  const auto marked = cluster::decode_pod_text(std::move(*text));
  if (!marked)
    co_return;
  member.pod = **marked;
  member.failed = false;
}

/// A member that was bound since is left for another look.
async::Task<void> GangRollback::remove(Member& member, api::RollbackRecord) {
  member.failed = true;
  if (!parts_.leads())
    co_return;
  kube::Preconditions preconditions;
  preconditions.uid = member.uid;
  if (!member.pod->view.is_bound())
    preconditions.resource_version = member.pod->meta.resource_version;
  const auto removed = co_await parts_.client.remove(kube::types::pod(), member.key, preconditions);
  member.failed = !removed && removed.error().code != Code::NotFound;
  if (member.failed)
    parts_.log.warn("Failed to delete a member of a gang", removed.error(),
                    {{"pod", to_string(member.key)}});
}

} // namespace berth::op
