#include "cli/explain/from_log.hpp"

#include <algorithm>

#include "lib/allocation/workload.hpp"
#include "lib/decision_log/replay.hpp"

namespace berth::cli {
namespace {

using PodViewPtr = std::shared_ptr<const allocation::PodView>;

/// The pods that the name stands for: a pod, else the members of a gang, oldest first.
std::vector<PodViewPtr> pods_named(const allocation::ClusterSnapshot& snapshot,
                                   const kube::ObjectKey& subject) {
  std::vector<PodViewPtr> pods;
  std::vector<PodViewPtr> members;
  snapshot.pods.for_each([&](const PodUid&, const PodViewPtr& pod) {
    if (pod->namespace_name != subject.ns)
      return;
    if (pod->name == subject.name)
      pods.push_back(pod);
    else if (pod->gang && pod->gang->name == subject.name)
      members.push_back(pod);
  });
  std::vector<PodViewPtr>& found = pods.empty() ? members : pods;
  std::ranges::stable_sort(found, {}, &allocation::PodView::created);
  return std::move(found);
}

ExplainView describe(const std::vector<PodViewPtr>& pods, const kube::ObjectKey& subject,
                     TimePoint now) {
  ExplainView view;
  view.as_of = now;
  const bool is_gang = pods.front()->name != subject.name;
  view.kind = is_gang ? SubjectKind::Gang : SubjectKind::Pod;
  view.namespace_name = subject.ns;
  view.name = subject.name;
  view.created = pods.front()->created;
  view.standing = Standing::Finished;
  for (const PodViewPtr& pod : pods) {
    view.standing = std::min(view.standing, standing_of(*pod, false));
    view.priority = std::max<std::int64_t>(view.priority, pod->priority);
    if (!pod->terminal)
      view.requests += pod->requests();
    if (pod->admission && !view.record)
      view.record = pod->admission;
    if (is_gang)
      view.members.push_back({pod->name, standing_of(*pod, false), pod->node.str()});
  }
  if (is_gang)
    view.members_wanted = pods.front()->gang->least();
  else
    view.node = pods.front()->node.str();
  if (view.record)
    view.quota = view.record->quota.str();
  return view;
}

void describe_waiting(const allocation::Plan& plan, const WorkloadId& workload, ExplainView& view) {
  for (const allocation::Waiting& waiting : plan.waiting)
    if (waiting.workload->id == workload) {
      view.quota = waiting.workload->quota.quota.str();
      view.why = {std::string(to_string(waiting.why->reason)), waiting.why->message};
    }
}

} // namespace

Result<ExplainView> explain_from_log(decision_log::LogReader& log, const kube::ObjectKey& subject,
                                     const std::vector<allocation::Step>& what_if,
                                     bool looks_ahead) {
  decision_log::Replayer replayer;
  std::optional<decision_log::Replayed> last;
  while (const auto logged = log.next()) {
    BERTH_TRY(last, replayer.play(*logged));
  }
  if (!last)
    return fail(Code::NotFound, "the log holds no readable cycle");
  const decision_log::Cycle& cycle = last->cycle;
  const std::vector<PodViewPtr> pods = pods_named(*cycle.snapshot, subject);
  if (pods.empty())
    return fail(Code::NotFound, "the log's last cycle knows no pod or gang \"" + subject.ns + "/" +
                                    subject.name + "\"");
  ExplainView view = describe(pods, subject, cycle.now);
  if (view.standing != Standing::Waiting) {
    if (!what_if.empty())
      return fail(Code::Invalid, "--what-if: " + subject.name + " does not wait");
    return view;
  }
  const WorkloadId workload = allocation::workload_id(*pods.front());
  describe_waiting(*cycle.plan, workload, view);
  if (looks_ahead) {
    const CycleInput input{cycle.snapshot, cycle.policy, cycle.now};
    BERTH_TRY(view.outlook, look_ahead(input, workload, what_if));
  }
  return view;
}

} // namespace berth::cli
