#include "lib/allocation/smallest_change.hpp"

#include <algorithm>
#include <numeric>
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
/// Amounts that are tried one after the other before the rest is bisected.
constexpr std::size_t kClimbMax = 16;

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

std::optional<QuotaIndex> tree_of(const ClusterSnapshot& snapshot, const Workload& workload) {
  const auto quota = snapshot.quotas->find(workload.quota.quota);
  return quota ? std::optional(root_of(*snapshot.quotas, *quota)) : std::nullopt;
}

/// How much a step adds; 0 where that is no question.
struct AmountOf {
  std::int64_t operator()(const RaiseNominal& step) const { return step.by.value(); }
  std::int64_t operator()(const RaiseCapacity& step) const { return step.by.value(); }
  std::int64_t operator()(const AddNodes& step) const { return step.count; }
  std::int64_t operator()(const DropConstraint&) const { return 0; }
  std::int64_t operator()(const SetPriority&) const { return 0; }
};

Step with_amount(Step step, std::int64_t amount) {
  if (auto* quota = std::get_if<RaiseNominal>(&step))
    quota->by = Amount{amount};
  else if (auto* pool = std::get_if<RaiseCapacity>(&step))
    pool->by = Amount{amount};
  else if (auto* nodes = std::get_if<AddNodes>(&step))
    nodes->count = static_cast<std::int32_t>(amount);
  return step;
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
/// lacks quota. It nearly always goes on waiting (not if other work of its tree loses its place to
/// what the change lets start); what is found is played with everybody in the end.
void ChangeSearch::keep_who_matters() {
  relevant_ = input_.snapshot;
  is_exact_ = input_.plan.waiting.size() <= kExactWaitingMax;
  std::vector<std::shared_ptr<const Workload>> matter;
  const auto tree = tree_of(input_.snapshot, *workload_);
  for (const Waiting& waiting : input_.plan.waiting) {
    const Workload& other = *waiting.workload;
    if (waiting.why->reason == Reason::InsufficientQuota && tree_of(input_.snapshot, other) != tree)
      continue;
    matter.push_back(waiting.workload);
    if (other.id == id_)
      continue;
    const Pods pods = members_to_admit(other);
    rivals_ += total_of(pods);
    rival_pods_ += pods.size();
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
  if (workload_ == nullptr || members_.empty())
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
  if (++trials_ > kChangeTrialsMax)
    return {};
  return play(relevant_, steps);
}

ChangeSearch::Trial ChangeSearch::play(const ClusterSnapshot& cluster,
                                       const std::vector<Step>& steps) const {
  const auto snapshot = with_change(cluster, id_, Change{steps, {}});
  if (!snapshot)
    return {};
  const Plan plan = decide(*snapshot, input_.policy, input_.now, input_.seed);
  const auto fate = fate_of(plan, id_);
  if (!fate)
    return {};
  return {fate->starts, fate->why && fate->why->reason == Reason::Preempting, fate->why};
}

/// Adds what is lacking, one reason after the other and each time enough of it, until it starts;
/// then takes away what is too much.
void ChangeSearch::search_from(std::vector<Step> steps) {
  for (std::size_t remedies = 0; remedies <= kRemediesMax; ++remedies) {
    const Trial trial = try_steps(steps);
    if (trial.starts) {
      // Plenty of one may have made another one necessary.
      for (std::vector<Step> before; before != steps;) {
        before = steps;
        leave_out_steps(steps);
        reduce_amounts(steps);
      }
      // What could not be reduced to its end is not the smallest.
      if (trials_ <= kChangeTrialsMax && (is_exact_ || play(input_.snapshot, steps).starts))
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

/// Each amount to the least that does. It is sought first where it mostly is: at what is lacking
/// without the step, and in multiples of what work asks for from there: other work may take as much
/// first, or take less.
void ChangeSearch::reduce_amounts(std::vector<Step>& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (std::visit(AmountOf{}, steps[i]) <= 1)
      continue;
    const Grid grid{lacking_without(steps, i), grain_of(steps[i])};
    if (!climb(steps, i, grid))
      bisect(steps, i, grid);
    // Changes of the order may make less do.
    const std::int64_t found = std::visit(AmountOf{}, steps[i]);
    const Step kept = std::exchange(steps[i], with_amount(steps[i], found - 1));
    if (found > 1 && admits(steps))
      bisect(steps, i, {});
    else
      steps[i] = kept;
  }
}

/// From the least upwards: more is not always better, since those who are earlier may take it.
bool ChangeSearch::climb(std::vector<Step>& steps, std::size_t which, Grid grid) {
  const Step plenty = steps[which];
  std::int64_t amount = grid.first;
  for (std::size_t tries = 0; tries < kClimbMax; ++tries, amount += grid.grain) {
    if (amount >= std::visit(AmountOf{}, plenty))
      break;
    steps[which] = with_amount(plenty, amount);
    if (admits(steps))
      return true;
  }
  steps[which] = plenty;
  return false;
}

/// From what is enough downwards.
void ChangeSearch::bisect(std::vector<Step>& steps, std::size_t which, Grid grid) {
  const std::int64_t plenty = std::visit(AmountOf{}, steps[which]);
  std::int64_t enough = (plenty - grid.first + grid.grain - 1) / grid.grain;
  std::int64_t too_little = -1;
  while (enough - too_little > 1) {
    const std::int64_t next = too_little + (enough - too_little) / 2;
    const Step before =
        std::exchange(steps[which], with_amount(steps[which], grid.first + next * grid.grain));
    if (admits(steps)) {
      enough = next;
    } else {
      too_little = next;
      steps[which] = before;
    }
  }
}

/// What is lacking while the step is left out: what is told of it, else one unit.
std::int64_t ChangeSearch::lacking_without(std::vector<Step> steps, std::size_t which) {
  const Step left_out = steps[which];
  steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(which));
  const Trial trial = try_steps(steps);
  if (trial.why == nullptr)
    return 1;
  const auto& quota = trial.why->quota;
  if (const auto* step = std::get_if<RaiseNominal>(&left_out);
      step != nullptr && quota && quota->quota == step->quota && quota->pool == step->pool &&
      quota->resource == step->resource)
    return std::max<std::int64_t>((quota->needed - quota->available).value(), 1);
  const auto& pool = trial.why->pool;
  if (const auto* step = std::get_if<RaiseCapacity>(&left_out);
      step != nullptr && pool && pool->pool == step->pool && pool->resource == step->resource)
    return std::max<std::int64_t>((pool->needed - pool->left).value(), 1);
  return 1;
}

/// The greatest amount that divides what each one asks for that takes its turn no later.
std::int64_t ChangeSearch::grain_of(const Step& step) const {
  const ResourceName* resource = nullptr;
  if (const auto* quota = std::get_if<RaiseNominal>(&step))
    resource = &quota->resource;
  else if (const auto* pool = std::get_if<RaiseCapacity>(&step))
    resource = &pool->resource;
  if (resource == nullptr)
    return 1;
  std::int64_t grain = 0;
  relevant_.waiting.for_each([&](const WorkloadId&, const auto& workload) {
    for (const auto& pod : workload->waiting)
      grain = std::gcd(grain, pod->requests().get(*resource).value());
  });
  return std::max<std::int64_t>(grain, 1);
}

/// Who would go for it, were it more important (P2 a): the least priority that is enough.
void ChangeSearch::search_priority() {
  std::set<std::int32_t> above;
  input_.snapshot.charges.for_each([&](const PodUid& uid, const auto& charge) {
    const PodView* pod = input_.snapshot.find_pod(uid);
    if (pod != nullptr && charge->quota == workload_->quota.quota &&
        pod->priority >= workload_->priority && pod->priority < INT32_MAX)
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
