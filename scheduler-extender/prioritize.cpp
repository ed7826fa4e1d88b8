#include "scheduler-extender/prioritize.hpp"

#include <algorithm>

#include "scheduler-extender/standing.hpp"

namespace berth::extender {

namespace {

/// kScoreMax for the first of `count`, `least` for the last, evenly in between; kScoreMax for an
/// only one.
std::int64_t score_of_rank(std::size_t rank, std::size_t count, std::int64_t least) {
  if (count <= 1)
    return kScoreMax;
  const auto last = static_cast<std::int64_t>(count - 1);
  return kScoreMax - (kScoreMax - least) * static_cast<std::int64_t>(rank) / last;
}

void list_every_host(std::span<const Position> best, std::size_t hosts,
                     std::vector<HostScore>& scores) {
  for (Position i = 0; i < hosts; ++i)
    scores.push_back({i, kScoreMin});
  for (std::size_t rank = 0; rank < best.size(); ++rank)
    scores[best[rank]].score = score_of_rank(rank, best.size(), kScoreMin);
}

void list_the_best(std::span<const Position> best, std::vector<HostScore>& scores) {
  for (std::size_t rank = 0; rank < best.size(); ++rank)
    scores.push_back({best[rank], score_of_rank(rank, best.size(), kScoreMin + 1)});
}

} // namespace

std::span<const HostScore> prioritize(const PlacementRequest& request,
                                      const allocation::ClusterSnapshot* snapshot,
                                      VerbScratch& scratch) {
  scratch.scores.clear();
  if (snapshot == nullptr || standing_of(*request.pod, snapshot) != Standing::Admitted)
    return {};
  const std::size_t hosts = request.node_names.size();
  snapshot->nodes->find_all(request.node_names, request.name_hashes, scratch.nodes);
  const auto choice =
      choose_nodes(*snapshot, query_for(*snapshot, request.pod->view), scratch.nodes,
                   std::min(hosts, kLessPreferredToldMax), scratch.placement);
  if (hosts <= kLessPreferredToldMax)
    list_every_host(choice.chosen, hosts, scratch.scores);
  else
    list_the_best(choice.chosen, scratch.scores);
  return scratch.scores;
}

} // namespace berth::extender
