#include "lib/allocation/tournament.hpp"

#include <algorithm>
#include <utility>

namespace berth::allocation {
namespace {

bool is_by_age(Ordering ordering) {
  return ordering == Ordering::Fifo || ordering == Ordering::StrictFifo;
}

/// The order inside one quota.
bool waits_before(Ordering ordering, const Contender& left, const Contender& right) {
  if (!is_by_age(ordering) && left.priority != right.priority)
    return left.priority > right.priority;
  if (left.created != right.created)
    return left.created < right.created;
  return (*left.workload)->id < (*right.workload)->id;
}

/// What the waiting members ask for together; that of a single pod is not copied.
class Request {
public:
  explicit Request(const Contender& contender) : single_(contender.request) {
    if (single_ == nullptr)
      sum_ = total_of((*contender.workload)->waiting);
  }
  [[nodiscard]] const ResourceVector& get() const { return single_ != nullptr ? *single_ : sum_; }

private:
  const ResourceVector* single_ = nullptr;
  ResourceVector sum_;
};

} // namespace

bool Tournament::comes_before(const Turn& left, const Turn& right) {
  if (left.borrows != right.borrows)
    return right.borrows;
  if (left.first_priority != right.first_priority)
    return left.first_priority < right.first_priority;
  if (left.level_borrows != right.level_borrows)
    return right.level_borrows;
  const auto left_score = left.score * right.weight; // left/weight < right/weight, multiplied out
  const auto right_score = right.score * left.weight;
  if (left_score != right_score)
    return left_score < right_score;
  if (left.last_priority != right.last_priority)
    return left.last_priority < right.last_priority;
  if (left.contender->created != right.contender->created)
    return left.contender->created < right.contender->created;
  return (*left.contender->workload)->id < (*right.contender->workload)->id;
}

Tournament::Tournament(Input input) : input_(input) {
  const std::size_t quotas = input_.snapshot.quotas->size();
  queues_.resize(quotas);
  levels_.resize(quotas + 1);
  shares_.resize(quotas);
  histories_.resize(quotas);
  for (QuotaIndex quota = 0; quota < quotas; ++quota)
    seats_.push_back(level_above(quota).add_child());
}

void Tournament::Level::offer(std::size_t seat, const Turn& turn) {
  turns_[seat] = turn;
  const std::size_t seats = turns_.size();
  if (winners_.empty()) {
    winners_.resize(seats);
    for (std::size_t match = seats - 1; match > 0; --match)
      winners_[match] = static_cast<std::uint32_t>(
          wins(winner_of(2 * match), winner_of(2 * match + 1)) ? winner_of(2 * match)
                                                               : winner_of(2 * match + 1));
    return;
  }
  for (std::size_t match = (seats + seat) / 2; match > 0; match /= 2) {
    const std::size_t left = winner_of(2 * match);
    const std::size_t right = winner_of(2 * match + 1);
    winners_[match] = static_cast<std::uint32_t>(wins(left, right) ? left : right);
  }
}

/// Seats stand behind all matches.
std::size_t Tournament::Level::winner_of(std::size_t match) const {
  return match >= turns_.size() ? match - turns_.size() : winners_[match];
}

bool Tournament::Level::wins(std::size_t left, std::size_t right) const {
  if (turns_[left].contender == nullptr || turns_[right].contender == nullptr)
    return turns_[left].contender != nullptr;
  return comes_before(turns_[left], turns_[right]);
}

const Tournament::Turn* Tournament::Level::best() const {
  if (turns_.empty() || (turns_.size() > 1 && winners_.empty()))
    return nullptr; // nobody has offered anything
  const Turn& turn = turns_[winner_of(1)];
  return turn.contender == nullptr ? nullptr : &turn;
}

void Tournament::start() {
  const QuotaForest& forest = *input_.snapshot.quotas;
  const bool uses_shares = !is_by_age(input_.policy.ordering);
  auto memory = input_.memories.begin(); // both are in the order of names
  for (QuotaIndex quota = 0; quota < forest.size(); ++quota) {
    if (uses_shares)
      shares_[quota] = input_.balance.borrowed_share(quota);
    const QuotaName& name = forest.spec(quota).name;
    while (memory != input_.memories.end() && memory->first < name)
      ++memory;
    if (memory != input_.memories.end() && memory->first == name)
      histories_[quota] = memory->second.history_nano;
  }
  for (QuotaIndex quota = 0; quota < forest.size(); ++quota) {
    auto& waiting = queues_[quota].waiting;
    if (waiting.empty())
      continue;
    std::sort(waiting.begin(), waiting.end(), [&](const Contender& left, const Contender& right) {
      return waits_before(input_.policy.ordering, left, right);
    });
    queues_[quota].pool = pool_for(quota, waiting.front());
    replay(quota);
  }
}

std::optional<Tournament::Winner> Tournament::next() {
  if (to_replay_) {
    replay(*to_replay_);
    to_replay_.reset();
  }
  while (const Turn* best = levels_.back().best()) {
    const QuotaIndex origin = best->origin;
    Queue& queue = queues_[origin];
    const Contender winner = queue.waiting[queue.next];
    // Charges may have closed the pool that it was ranked for; it is then ranked for the next.
    const std::size_t pool = pool_for(origin, winner);
    if (pool != queue.pool) {
      queue.pool = pool;
      replay(origin);
      continue;
    }
    ++queue.next;
    if (queue.next < queue.waiting.size())
      queue.pool = pool_for(origin, queue.waiting[queue.next]);
    to_replay_ = origin; // after the charge, if there is one
    return Winner{origin, winner};
  }
  return std::nullopt;
}

void Tournament::charged(QuotaIndex payer) {
  if (is_by_age(input_.policy.ordering))
    return;
  const QuotaForest& forest = *input_.snapshot.quotas;
  for (std::optional<QuotaIndex> at = payer; at; at = forest.parent(*at))
    shares_[*at] = input_.balance.borrowed_share(*at);
  // Whoever pays looks at all its siblings' seats: the winner's, too, which may have nobody left.
  if (to_replay_)
    replay(*std::exchange(to_replay_, std::nullopt));
  replay(payer);
}

Tournament::Level& Tournament::level_above(QuotaIndex quota) {
  const auto parent = input_.snapshot.quotas->parent(quota);
  return parent ? levels_[*parent] : levels_.back();
}

/// Offers the best workload of the quota, and then of each one above it, anew.
void Tournament::replay(QuotaIndex quota) {
  std::optional<QuotaIndex> known;
  ShareForecast forecast;
  for (std::optional<QuotaIndex> at = quota; at; at = input_.snapshot.quotas->parent(*at)) {
    const auto origin = best_origin(*at);
    if (origin && origin != known)
      forecast = forecast_of(*origin);
    known = origin;
    level_above(*at).offer(seats_[*at], origin ? turn_of(*origin, *at, forecast) : Turn{});
  }
}

/// Whose queue has the best workload at or below the quota. Its own work takes part as if it were a
/// child: it borrows only once the whole quota does.
std::optional<QuotaIndex> Tournament::best_origin(QuotaIndex quota) const {
  const Queue& own = queues_[quota];
  const bool has_own = own.next < own.waiting.size();
  const Turn* below = levels_[quota].best();
  if (below == nullptr)
    return has_own ? std::optional{quota} : std::nullopt;
  if (has_own && comes_before(turn_of(quota, quota, forecast_of(quota)), *below))
    return quota;
  return below->origin;
}

/// What the workload that leads `origin` would borrow.
ShareForecast Tournament::forecast_of(QuotaIndex origin) const {
  const Queue& queue = queues_[origin];
  const QuotaSpec& spec = input_.snapshot.quotas->spec(origin);
  if (is_by_age(input_.policy.ordering) || queue.pool >= spec.pools.size())
    return {};
  const Request request(queue.waiting[queue.next]);
  return input_.balance.forecast(origin, spec.pools[queue.pool].pool, request.get());
}

/// The turn of the workload that leads `origin`, as its ancestor `level` (or itself) offers it.
Tournament::Turn Tournament::turn_of(QuotaIndex origin, QuotaIndex level,
                                     const ShareForecast& forecast) const {
  const Queue& queue = queues_[origin];
  const QuotaForest& forest = *input_.snapshot.quotas;
  Turn turn;
  turn.contender = &queue.waiting[queue.next];
  turn.origin = origin;
  turn.child = level;
  turn.weight = std::max(forest.spec(level).weight, 1);
  if (is_by_age(input_.policy.ordering))
    return turn;
  std::size_t steps = 0;
  for (QuotaIndex at = origin; at != level; at = *forest.parent(at))
    ++steps;
  weigh(turn, std::max(shares_[level], forecast.nano.at(steps)));
  turn.borrows = forecast.borrows; // F4: after all who are within their quota
  const bool leads = input_.policy.ordering == Ordering::PriorityThenFairShare;
  (leads ? turn.first_priority : turn.last_priority) = -turn.contender->priority;
  return turn;
}

/// What is within nominal never pays for the past (F4).
void Tournament::weigh(Turn& turn, std::int64_t nano) const {
  turn.level_borrows = nano > 0;
  if (!turn.level_borrows)
    return;
  const std::int64_t past = std::clamp(input_.policy.fairness.history_percent, 0, 100);
  turn.score =
      resources::Int128{nano} * (100 - past) + resources::Int128{histories_[turn.child]} * past;
}

/// The first pool of the list that has quota for it, else the first.
std::size_t Tournament::pool_for(QuotaIndex quota, const Contender& contender) const {
  const auto& pools = input_.snapshot.quotas->spec(quota).pools;
  if (pools.size() < 2 || is_by_age(input_.policy.ordering))
    return 0;
  const Request request(contender);
  for (std::size_t i = 0; i < pools.size(); ++i)
    if (!input_.balance.shortfall(quota, pools[i].pool, request.get()))
      return i;
  return 0;
}

} // namespace berth::allocation
