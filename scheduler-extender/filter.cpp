#include "scheduler-extender/filter.hpp"

#include <algorithm>
#include <iterator>

#include "scheduler-extender/promises.hpp"
#include "scheduler-extender/standing.hpp"

namespace berth::extender {

namespace {

using allocation::ClusterSnapshot;
using allocation::NodeVerdict;
using allocation::PlacementQuery;

FilterResult pass_all(Names names);
FilterResult refuse_all(Names names, Reason reason);
FilterResult filter_admitted(const PlacementRequest& request, const ClusterSnapshot& snapshot,
                             const FilterOptions& options, FilterScratch& scratch);
FilterResult filter_unmanaged(const PlacementRequest& request, const ClusterSnapshot& snapshot,
                              PromiseScratch& scratch);

} // namespace

FilterResult filter(const PlacementRequest& request, const ClusterSnapshot* snapshot,
                    const FilterOptions& options, FilterScratch& scratch) {
  if (request.has_whole_nodes)
    return {{}, {}, std::string(kWantsNames)};
  const Standing standing = standing_of(*request.pod, snapshot);
  if (standing == Standing::Unmanaged)
    return snapshot == nullptr ? pass_all(request.node_names)
                               : filter_unmanaged(request, *snapshot, scratch.promises);
  if (snapshot == nullptr)
    return {{}, {}, "CachesNotSynced: the extender has just started and decides nothing yet"};
  if (standing == Standing::NotAdmitted)
    return refuse_all(request.node_names, Reason::NotAdmitted);
  return filter_admitted(request, *snapshot, options, scratch);
}

namespace {

/// The planned nodes that are in the request and can take the pod, best first, and a verdict for
/// those that cannot.
struct PlannedNodes {
  std::vector<Position> usable;
  std::vector<Refusal> unusable;

  [[nodiscard]] bool has(Position position) const {
    return std::ranges::find(usable, position) != usable.end() ||
           std::ranges::find(unusable, position, &Refusal::position) != unusable.end();
  }
};

PlannedNodes planned_nodes(const PlacementRequest& request, const ClusterSnapshot& snapshot,
                           const PlacementQuery& query) {
  PlannedNodes found;
  for (const NodeName& planned : query.planned_nodes) {
    const auto at = std::ranges::find(request.node_names, std::string_view(planned.str()));
    if (at == request.node_names.end())
      continue;
    const auto position = static_cast<Position>(at - request.node_names.begin());
    if (found.has(position))
      continue; // the record is text that somebody may have damaged
    const auto rejection = check(snapshot, planned, query);
    if (!rejection)
      found.usable.push_back(position);
    else
      found.unusable.push_back({position, rejection->reason, !rejection->preemption_may_help});
  }
  return found;
}

/// Everything but `planned` is refused: the pod has its place.
FilterResult pass_planned(PlannedNodes planned, Names names, std::size_t nodes_max) {
  FilterResult result;
  result.refused.reserve(names.size());
  for (Position i = 0; i < names.size(); ++i)
    if (!planned.has(i))
      result.refused.push_back({i, Reason::PreferredElsewhere, true});
  for (std::size_t i = nodes_max; i < planned.usable.size(); ++i)
    result.refused.push_back({planned.usable[i], Reason::PreferredElsewhere, true});
  std::ranges::copy(planned.unusable, std::back_inserter(result.refused));
  planned.usable.resize(std::min(nodes_max, planned.usable.size()));
  result.passed = std::move(planned.usable);
  return result;
}

FilterResult filter_admitted(const PlacementRequest& request, const ClusterSnapshot& snapshot,
                             const FilterOptions& options, FilterScratch& scratch) {
  const std::size_t nodes_max = request.pod->has_soft_constraints ? options.candidates_max : 1;
  const PlacementQuery query = query_for(snapshot, request.pod->view);
  PlannedNodes planned = planned_nodes(request, snapshot, query);
  if (!planned.usable.empty())
    return pass_planned(std::move(planned), request.node_names, nodes_max);
  const auto choice =
      choose_nodes(snapshot, query, request.node_names, nodes_max, scratch.placement);
  FilterResult result;
  result.passed.assign(choice.chosen.begin(), choice.chosen.end());
  result.refused.reserve(choice.verdicts.size());
  for (Position i = 0; i < choice.verdicts.size(); ++i) {
    const NodeVerdict& verdict = choice.verdicts[i];
    if (verdict.kind != NodeVerdict::Kind::Chosen)
      result.refused.push_back({i, verdict.reason, !verdict.preemption_may_help});
  }
  return result;
}

FilterResult filter_unmanaged(const PlacementRequest& request, const ClusterSnapshot& snapshot,
                              PromiseScratch& scratch) {
  Promises promises(snapshot, *request.pod, scratch);
  if (promises.none())
    return pass_all(request.node_names);
  FilterResult result;
  result.passed.reserve(request.node_names.size());
  for (Position i = 0; i < request.node_names.size(); ++i) {
    const auto reason = promises.refuse(request.node_names[i]);
    if (reason)
      result.refused.push_back({i, *reason, *reason == Reason::NodeNotInPool});
    else
      result.passed.push_back(i);
  }
  return result;
}

FilterResult pass_all(Names names) {
  FilterResult result;
  result.passed.resize(names.size());
  for (Position i = 0; i < names.size(); ++i)
    result.passed[i] = i;
  return result;
}

FilterResult refuse_all(Names names, Reason reason) {
  FilterResult result;
  result.refused.resize(names.size());
  for (Position i = 0; i < names.size(); ++i)
    result.refused[i] = {i, reason, true};
  return result;
}

} // namespace

} // namespace berth::extender
