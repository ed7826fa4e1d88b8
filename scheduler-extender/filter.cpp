#include "scheduler-extender/filter.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "lib/base/name_hash.hpp"
#include "scheduler-extender/promises.hpp"
#include "scheduler-extender/standing.hpp"

namespace berth::extender {

namespace {

using allocation::ClusterSnapshot;
using allocation::NodeVerdict;
using allocation::PlacementQuery;

/// The answer to one request in the making.
class Answer {
public:
  Answer(const PlacementRequest& request, VerbScratch& scratch);

  void fail(std::string_view error) { result_.error = error; }
  void pass_all();
  void refuse_all(Reason reason);
  void pass_unpromised(const ClusterSnapshot& snapshot);
  void place(const ClusterSnapshot& snapshot, const FilterOptions& options);

private:
  [[nodiscard]] bool is_answered(Position position) const;
  void pass_planned(std::size_t nodes_max);
  void choose(const ClusterSnapshot& snapshot, const PlacementQuery& query, std::size_t nodes_max);

  const PlacementRequest& request_;
  VerbScratch& scratch_;
  FilterResult& result_;
};

} // namespace

const FilterResult& filter(const PlacementRequest& request, const ClusterSnapshot* snapshot,
                           const FilterOptions& options, VerbScratch& scratch) {
  Answer answer(request, scratch);
  const Standing standing = standing_of(*request.pod, snapshot);
  if (request.has_whole_nodes)
    answer.fail(kWantsNames);
  else if (standing == Standing::Unmanaged && snapshot == nullptr)
    answer.pass_all();
  else if (standing == Standing::Unmanaged)
    answer.pass_unpromised(*snapshot);
  else if (snapshot == nullptr)
    answer.fail("CachesNotSynced: the extender has just started and decides nothing yet");
  else if (standing == Standing::NotAdmitted)
    answer.refuse_all(Reason::NotAdmitted);
  else
    answer.place(*snapshot, options);
  return scratch.filtered;
}

namespace {

Answer::Answer(const PlacementRequest& request, VerbScratch& scratch)
    : request_(request), scratch_(scratch), result_(scratch.filtered) {
  result_.passed.clear();
  result_.refused.clear();
  result_.error.clear();
}

void Answer::pass_all() {
  for (Position i = 0; i < request_.node_names.size(); ++i)
    result_.passed.push_back(i);
}

void Answer::refuse_all(Reason reason) {
  for (Position i = 0; i < request_.node_names.size(); ++i)
    result_.refused.push_back({i, reason, true});
}

void Answer::pass_unpromised(const ClusterSnapshot& snapshot) {
  Promises promises(snapshot, *request_.pod, scratch_.promises);
  if (promises.none())
    return pass_all();
  snapshot.nodes->find_all(request_.node_names, request_.name_hashes, scratch_.nodes);
  for (Position i = 0; i < request_.node_names.size(); ++i) {
    const auto reason = promises.refuse(scratch_.nodes[i]);
    if (reason)
      result_.refused.push_back({i, *reason, *reason == Reason::NodeNotInPool});
    else
      result_.passed.push_back(i);
  }
}

bool Answer::is_answered(Position position) const {
  return std::ranges::find(result_.passed, position) != result_.passed.end() ||
         std::ranges::find(result_.refused, position, &Refusal::position) != result_.refused.end();
}

std::optional<Position> position_of(std::string_view name, const PlacementRequest& request) {
  const std::uint64_t hash = hash_name(name);
  for (Position i = 0; i < request.node_names.size(); ++i)
    if (request.name_hashes[i] == hash && request.node_names[i] == name)
      return i;
  return std::nullopt;
}

/// The planned nodes that are in the request and can take the pod, best first; else the best of its
/// pool. A refusal for want of room would not be taken back soon: kube-scheduler asks again when it
/// pleases. So where the snapshot is older than the plan, the plan is believed; kube-scheduler's
/// own filters still see to it that the pod fits. A pod for which no node was found gets every node
/// that can take it: an extender after this one may have refused those that were named before.
void Answer::place(const ClusterSnapshot& snapshot, const FilterOptions& options) {
  const bool comes_again = request_.pod->is_unschedulable;
  const std::size_t few = request_.pod->has_soft_constraints ? options.candidates_max : 1;
  const std::size_t nodes_max = comes_again ? request_.node_names.size() : few;
  const PlacementQuery query = query_for(snapshot, request_.pod->view);
  const bool is_outdated = is_admitted_since(*request_.pod, snapshot);
  for (const NodeName& planned : query.planned_nodes) {
    const auto position = position_of(planned.str(), request_);
    if (!position || is_answered(*position)) // named twice: the record is text that may be damaged
      continue;
    const auto rejection = check(snapshot, planned, query);
    if (!rejection || is_older_than_plan(rejection->reason, *request_.pod, snapshot))
      result_.passed.push_back(*position);
    else
      result_.refused.push_back({*position, rejection->reason, !rejection->preemption_may_help});
  }
  if (result_.passed.empty() || (comes_again && !is_outdated))
    choose(snapshot, query, nodes_max);
  else
    pass_planned(nodes_max);
}

/// Keeps the first of what has passed. Everything else is less preferred: the pod has its place.
void Answer::pass_planned(std::size_t nodes_max) {
  result_.passed.resize(std::min(nodes_max, result_.passed.size()));
  const std::size_t answers = result_.passed.size() + result_.refused.size();
  if (request_.node_names.size() - answers > kLessPreferredToldMax)
    return;
  std::vector<bool>& answered = scratch_.answered;
  answered.assign(request_.node_names.size(), false);
  for (const Position passed : result_.passed)
    answered[passed] = true;
  for (const Refusal& refused : result_.refused)
    answered[refused.position] = true;
  for (Position i = 0; i < answered.size(); ++i)
    if (!answered[i])
      result_.refused.push_back({i, Reason::PreferredElsewhere, true});
}

void Answer::choose(const ClusterSnapshot& snapshot, const PlacementQuery& query,
                    std::size_t nodes_max) {
  snapshot.nodes->find_all(request_.node_names, request_.name_hashes, scratch_.nodes);
  const auto choice = choose_nodes(snapshot, query, scratch_.nodes, nodes_max, scratch_.placement);
  result_.passed.assign(choice.chosen.begin(), choice.chosen.end());
  result_.refused.clear();
  using Kind = NodeVerdict::Kind;
  const auto less_preferred =
      std::ranges::count(choice.verdicts, Kind::NotChosen, &NodeVerdict::kind);
  const bool tells_them = std::cmp_less_equal(less_preferred, kLessPreferredToldMax);
  for (Position i = 0; i < choice.verdicts.size(); ++i) {
    const NodeVerdict& verdict = choice.verdicts[i];
    if (verdict.kind == Kind::Rejected || (verdict.kind == Kind::NotChosen && tells_them))
      result_.refused.push_back({i, verdict.reason, !verdict.preemption_may_help});
  }
}

} // namespace

} // namespace berth::extender
