#include "scheduler-extender/prioritize.hpp"

#include "scheduler-extender/standing.hpp"

namespace berth::extender {

namespace {

/// 10 for the first of `count`, 0 for the last, evenly in between; 10 for an only one.
std::int64_t score_of_rank(std::size_t rank, std::size_t count) {
  if (count <= 1)
    return kScoreMax;
  const auto last = static_cast<std::int64_t>(count - 1);
  return kScoreMax - kScoreMax * static_cast<std::int64_t>(rank) / last;
}

} // namespace

std::span<const HostScore> prioritize(const PlacementRequest& request,
                                      const allocation::ClusterSnapshot* snapshot,
                                      VerbScratch& scratch) {
  scratch.scores.clear();
  if (snapshot == nullptr || standing_of(*request.pod, snapshot) != Standing::Admitted)
    return {};
  for (Position i = 0; i < request.node_names.size(); ++i)
    scratch.scores.push_back({i, kScoreMin});
  const auto choice =
      choose_nodes(*snapshot, query_for(*snapshot, request.pod->view), request.node_names,
                   request.node_names.size(), scratch.placement);
  for (std::size_t rank = 0; rank < choice.chosen.size(); ++rank)
    scratch.scores[choice.chosen[rank]].score = score_of_rank(rank, choice.chosen.size());
  return scratch.scores;
}

} // namespace berth::extender
