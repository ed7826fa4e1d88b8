#include "lib/allocation/smallest_change.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "lib/allocation/admission_cycle.hpp"
#include "lib/allocation/cycle.hpp"
#include "lib/allocation/node_fit.hpp"
#include "lib/allocation/what_if.hpp"

namespace berth::allocation {
namespace {

/// Remedies that one answer is made of.
constexpr std::size_t kRemediesMax = 6;
/// With so many that wait, all are played in each trial.
constexpr std::size_t kExactWaitingMax = 2'000;

/// The root of the quota's tree, or the quota itself where the tree is broken.
QuotaIndex root_of(const QuotaForest& forest, QuotaIndex quota) {
  for (std::size_t level = 0; level < QuotaForest::kLevelsMax; ++level) {
    const auto parent = forest.parent(quota);
    if (!parent)
      break;
    quota = *parent;
  }
  return quota;
}

/// Its shares of the largest capacities, added up, to find the smallest node that will do.
Points size_of(const NodeTable& table, NodeIndex node) {
  Points size = 0;
  for (ColumnIndex column = 0; column < table.columns().size(); ++column)
    if (table.largest(column) > 0)
      size +=
          resources::scaled(Amount{table.capacity(node)[column]}, kPointsMax, table.largest(column))
              .value();
  return size;
}

bool is_about_nodes(Reason reason) {
  return reason == Reason::InsufficientCapacity || reason == Reason::ReservedCapacity ||
         reason == Reason::NodeMismatch || reason == Reason::ForbiddenByRule;
}

} // namespace

ChangeSearch::ChangeSearch(const Input& input, const WorkloadId& workload)
    : input_(input), id_(workload) {
  for (const Waiting& waiting : input.plan.waiting)
    if (waiting.workload->id == workload) {
      workload_ = waiting.workload;
      why_ = waiting.why;
    }
  if (workload_ == nullptr)
    return;
  members_ = members_to_start(*workload_);
  total_ = total_of(members_);
  keep_who_matters();
}

/// Where very many wait, those are left out whom the change does not help: work of other trees that
/// lacks quota. It goes on waiting unless other work of its tree loses its place to what the change
/// lets start; then what is found is played with everybody in the end.
void ChangeSearch::keep_who_matters() {
  relevant_ = input_.snapshot;
  is_exact_ = input_.plan.waiting.size() <= kExactWaitingMax;
  std::vector<std::shared_ptr<const Workload>> matter;
  const QuotaForest& forest = *input_.snapshot.quotas;
  const auto own = forest.find(workload_->quota.quota);
  const std::optional root = own ? std::optional(root_of(forest, *own)) : std::nullopt;
  bool is_ahead = true;
  for (const Waiting& waiting : input_.plan.waiting) {
    const Workload& other = *waiting.workload;
    const auto quota = forest.find(other.quota.quota);
    const bool is_kin = quota && root ? root_of(forest, *quota) == *root
                                      : other.quota.quota == workload_->quota.quota;
    if (waiting.why->reason == Reason::InsufficientQuota && !is_kin)
      continue;
    matter.push_back(waiting.workload);
    if (other.id == id_) {
      is_ahead = false;
      continue;
    }
    const Pods pods = members_to_admit(other);
    const ResourceVector asked = total_of(pods);
    rivals_ += asked;
    rival_pods_ += pods.size();
    const auto note = [&](Ahead& ahead) {
      ahead.amounts += asked;
      ahead.pods += std::ssize(pods);
    };
    if (is_ahead && is_kin)
      note(ahead_in_tree_);
    if (is_ahead && other.quota.quota == workload_->quota.quota)
      note(ahead_in_quota_);
  }
  if (is_exact_)
    return;
  OrderedMap<WorkloadId, std::shared_ptr<const Workload>> kept;
  for (const Admission& admission : input_.plan.admissions)
    kept.set(admission.workload->id, admission.workload);
  for (const auto& workload : matter)
    kept.set(workload->id, workload);
  relevant_.waiting = kept.snapshot();
}

std::vector<Change> ChangeSearch::run() {
  if (workload_ == nullptr || members_.empty() || why_->reason == Reason::Preempting)
    return {};
  search_from({});
  if (is_about_nodes(why_->reason))
    for (Step& step : droppable_constraints())
      search_from({std::move(step)});
  search_priority();
  std::ranges::stable_sort(found_, {}, [](const Change& change) { return change.steps.size(); });
  if (found_.size() > kChangesMax)
    found_.resize(kChangesMax);
  return std::move(found_);
}

ChangeSearch::Trial ChangeSearch::try_steps(const std::vector<Step>& steps) {
  if (steps.empty())
    return {false, false, why_};
  const auto known = std::ranges::find(tried_, steps, &std::pair<std::vector<Step>, Trial>::first);
  if (known != tried_.end())
    return known->second;
  if (++trials_ > input_.trials_max)
    return {};
  return tried_.emplace_back(steps, play(relevant_, steps)).second;
}

ChangeSearch::Trial ChangeSearch::play(const ClusterSnapshot& cluster,
                                       const std::vector<Step>& steps) const {
  const auto snapshot = with_change(cluster, id_, Change{steps, {}});
  if (!snapshot)
    return {};
  const Plan plan = decide_for(id_, *snapshot, input_.policy, input_.now, input_.seed);
  const auto fate = fate_of(plan, id_);
  if (!fate)
    return {};
  std::set<WorkloadId> admitted;
  for (const Admission& admission : plan.admissions)
    admitted.insert(admission.workload->id);
  const bool displaces = std::ranges::any_of(input_.plan.admissions, [&](const auto& before) {
    return !admitted.contains(before.workload->id);
  });
  return {fate->starts, fate->why && fate->why->reason == Reason::Preempting, fate->why, displaces};
}

/// Adds what is lacking, one reason after the other and each time enough of it, until it starts;
/// then takes away what is too much.
void ChangeSearch::search_from(std::vector<Step> steps) {
  for (std::size_t remedies = 0; remedies <= kRemediesMax; ++remedies) {
    const Trial trial = try_steps(steps);
    if (trial.starts) {
      // Plenty of one may have made another one necessary.
      for (std::vector<Step> before; before != steps;) {
        const bool are_reduced = !before.empty();
        before = steps;
        leave_out_steps(steps);
        reduce_amounts(steps, are_reduced);
        if (steps.size() == 1)
          break;
      }
      // What could not be reduced to its end is not the smallest.
      if (trials_ <= input_.trials_max && starts_among_all(steps))
        add(Change{std::move(steps), {}});
      return;
    }
    if (trial.why == nullptr)
      return;
    const std::vector<Step> remedy = remedy_for(*trial.why);
    // What is there already was enough, so something else is amiss that nothing here mends.
    const auto is_there = [&](const Step& step) { return std::ranges::count(steps, step) > 0; };
    if (remedy.empty() || std::ranges::any_of(remedy, is_there))
      return;
    steps.insert(steps.end(), remedy.begin(), remedy.end());
  }
}

bool ChangeSearch::starts_among_all(const std::vector<Step>& steps) {
  if (is_exact_)
    return true;
  const Trial trial = try_steps(steps);
  return trial.starts && (!trial.displaces_others || play(input_.snapshot, steps).starts);
}

std::vector<Step> ChangeSearch::remedy_for(const Explanation& why) const {
  if (why.reason == Reason::InsufficientQuota && why.quota)
    return more_quota(*why.quota);
  if (!is_about_nodes(why.reason))
    return {};
  if (!why.pool)
    return more_nodes();
  const ResourceName& resource = why.pool->resource;
  return {RaiseCapacity{why.pool->pool, resource,
                        total_.get(resource) + rivals_.get(resource) +
                            std::max(-why.pool->left, Amount{})}};
}

/// For all its rivals, too: they may take first.
std::vector<Step> ChangeSearch::more_quota(const QuotaShortfall& shortfall) const {
  const QuotaForest& forest = *relevant_.quotas;
  const QuotaBalance balance = balance_of(relevant_);
  const auto payer = forest.find(shortfall.quota);
  std::vector<Step> steps;
  for (const auto& [resource, amount] : total_) {
    const Amount available = balance.available(*payer, shortfall.pool, resource);
    if (amount <= Amount{} || available.is_unlimited())
      continue;
    steps.emplace_back(
        RaiseNominal{shortfall.quota, shortfall.pool, resource,
                     amount + rivals_.get(resource) + std::max(-available, Amount{})});
  }
  return steps;
}

/// The smallest kind of node that could hold one of its pods, in the first pool that has any.
std::vector<Step> ChangeSearch::more_nodes() const {
  const auto quota = relevant_.quotas->find(workload_->quota.quota);
  if (!quota)
    return {};
  const NodeTable& table = *relevant_.nodes;
  const Constraints& constraints = members_.front()->shape->constraints;
  const ColumnRequest request = to_columns(members_.front()->requests(), table);
  for (const QuotaPool& pool : relevant_.quotas->spec(*quota).pools) {
    std::optional<NodeIndex> best;
    for (const NodeIndex node : table.in_pool(pool.pool)) {
      const std::vector<std::int64_t> nothing(table.width());
      if (eligibility_of(table.node(node), pool.pool, constraints) != Eligibility::Eligible ||
          room_for(request, {table.capacity(node), nothing, {}}).kind != RoomVerdict::Kind::Fits)
        continue;
      if (!best || size_of(table, node) < size_of(table, *best))
        best = node;
    }
    if (best)
      return {AddNodes{table.node(*best).view.name,
                       static_cast<std::int32_t>(
                           std::min<std::size_t>(members_.size() + rival_pods_, kChangeNodesMax))}};
  }
  return {};
}

/// Those of its first pod, and the taints that it does not tolerate on nodes of its pools.
std::vector<Step> ChangeSearch::droppable_constraints() const {
  using Kind = DropConstraint::Kind;
  const Constraints& constraints = members_.front()->shape->constraints;
  std::vector<Step> steps;
  for (const auto& [key, value] : constraints.node_selector)
    steps.emplace_back(DropConstraint{Kind::NodeSelector, key});
  if (constraints.required_affinity)
    steps.emplace_back(DropConstraint{Kind::NodeAffinity, {}});
  if (!constraints.device_models.empty())
    steps.emplace_back(DropConstraint{Kind::DeviceModel, {}});
  const auto quota = relevant_.quotas->find(workload_->quota.quota);
  if (!quota)
    return steps;
  std::set<std::string> taints;
  for (const QuotaPool& pool : relevant_.quotas->spec(*quota).pools)
    for (const NodeIndex node : relevant_.nodes->in_pool(pool.pool))
      if (const Taint* taint = untolerated_taint(relevant_.nodes->node(node).view, constraints))
        taints.insert(taint->key);
  for (const std::string& key : taints)
    steps.emplace_back(DropConstraint{Kind::Taint, key});
  return steps;
}

void ChangeSearch::leave_out_steps(std::vector<Step>& steps) {
  for (std::size_t i = steps.size(); i-- > 0 && steps.size() > 1;) {
    std::vector<Step> fewer = steps;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (admits(fewer))
      steps = std::move(fewer);
  }
}

/// Who would go for it, were it more important (P2 a): the least priority that is enough.
void ChangeSearch::search_priority() {
  std::set<std::int32_t> above;
  input_.snapshot.charges.for_each([&](const PodUid& uid, const auto& charge) {
    if (charge->quota != workload_->quota.quota)
      return;
    const PodView* pod = input_.snapshot.find_pod(uid);
    if (pod != nullptr && pod->priority >= workload_->priority && pod->priority < INT32_MAX)
      above.insert(pod->priority + 1);
  });
  const std::vector<std::int32_t> priorities(above.begin(), above.end());
  std::optional<Change> found;
  // The highest first: if that is not enough, none is.
  for (std::size_t low = 0, high = priorities.size(), at = high - 1; low < high;
       at = low + (high - low) / 2) {
    const Trial trial = try_steps({SetPriority{priorities[at]}});
    if (trial.starts || trial.is_preempting) {
      found = Change{{SetPriority{priorities[at]}},
                     trial.starts ? std::vector<WorkloadId>{} : trial.why->victims};
      high = at;
    } else if (!found) {
      return;
    } else {
      low = at + 1;
    }
  }
  if (found)
    add(std::move(*found));
}

void ChangeSearch::add(Change change) {
  if (std::ranges::count(found_, change) == 0)
    found_.push_back(std::move(change));
}

} // namespace berth::allocation
