#include <algorithm>
#include <optional>

#include "lib/allocation/cluster_state_impl.hpp"
#include "lib/allocation/nominations.hpp"

namespace berth::allocation {
namespace {

template <class Map>
std::vector<typename Map::mapped_type> values_of(const Map& map) {
  std::vector<typename Map::mapped_type> values;
  values.reserve(map.size());
  for (const auto& [key, value] : map)
    values.push_back(value);
  return values;
}

/// Whether rows of loads mean the same in both: the same nodes, with as many devices, and columns
/// in the same order.
bool have_same_rows(const NodeTable& left, const NodeTable& right) {
  return left.device_slots() == right.device_slots() &&
         std::ranges::equal(left.columns(), right.columns()) &&
         std::ranges::equal(left.nodes(), right.nodes(), [](const auto& a, const auto& b) {
           return a == b || (a->view.name == b->view.name &&
                             devices_of(a->view.allocatable) == devices_of(b->view.allocatable));
         });
}

} // namespace

std::shared_ptr<const ClusterSnapshot> ClusterState::Impl::publish(TimePoint now) {
  if (!changed_ && published_ != nullptr && windows_.are_right_for(now) &&
      same_bursts_.contains(now))
    return published_;
  refresh_rules();
  refresh_quotas();
  refresh_bursts(now);
  refresh_nodes(now);
  settle_touched();
  refresh_loads();
  refresh_fragmentation();
  refresh_windows(now);
  refresh_namespace_quotas();
  published_ = make_snapshot(now);
  changed_ = false;
  return published_;
}

void ClusterState::Impl::refresh_quotas() {
  if (namespaces_changed_)
    shared_namespaces_ = std::make_shared<const std::map<std::string, NamespaceView>>(namespaces_);
  if (quotas_changed_)
    forest_ = std::make_shared<const QuotaForest>(values_of(quotas_));
  if (subjects_changed_)
    directory_ = QuotaDirectory(forest_->quotas());
  if (subjects_changed_ || namespaces_changed_) {
    choices_.clear();
    touch_managed_pods();
  }
  quotas_changed_ = subjects_changed_ = namespaces_changed_ = false;
}

/// A rule may be for a quota or for all below it; a quota says whose policy its work goes by.
void ClusterState::Impl::refresh_rules() {
  const bool had_any = may_learn_ || !rules_->empty();
  if (rules_changed_) {
    policies_in_force_ = policies_by_age();
    rules_ = std::make_shared<const RuleBook>(policies_in_force_);
    may_learn_ = std::ranges::any_of(policies_in_force_, [](const auto& policy) {
      return policy->backfill && policy->backfill->use_learned_durations;
    });
  }
  if ((rules_changed_ || quotas_changed_) && (had_any || may_learn_ || !rules_->empty()))
    touch_managed_pods();
  rules_changed_ = false;
}

/// Finds the rules that are for the pod, and makes another of it where they are not what they were.
void ClusterState::Impl::put_rules(std::shared_ptr<const PodView>& pod) {
  const bool has_rules = !pod->shape->constraints.rules.empty();
  const bool may_have = pod->managed && !pod->terminal && !rules_->empty();
  if (!has_rules && !may_have)
    return;
  std::vector<PoolRules> rules;
  if (may_have)
    rules = rules_->rules_of(*pod, path_to_root(*forest_, quota_of(*pod).quota));
  if (pod->shape->constraints.rules == rules)
    return;
  PodView ruled = *pod;
  ruled.shape = shapes_.take(with_rules(pod->shape, rules));
  if (pod->managed) {
    census_.remove(pod->shape);
    census_.add(ruled.shape);
  }
  shapes_.give_back(pod->shape);
  pod = std::make_shared<const PodView>(std::move(ruled));
  remember(pod);
}

/// Makes another of the pod where plans may no longer go by what was learned, or now may.
void ClusterState::Impl::put_learned(std::shared_ptr<const PodView>& pod) {
  const bool plans_by_learned = pod->learned_duration && may_learn_ && pod->managed &&
                                !pod->terminal && may_plan_by_learned(*pod);
  if (pod->plans_by_learned == plans_by_learned)
    return;
  PodView changed = *pod;
  changed.plans_by_learned = plans_by_learned;
  pod = std::make_shared<const PodView>(std::move(changed));
  remember(pod);
}

/// By the policy that orders the quota's work.
bool ClusterState::Impl::may_plan_by_learned(const PodView& pod) {
  const auto quota = forest_->find(quota_of(pod).quota);
  if (!quota)
    return false;
  const auto& pools = forest_->spec(*quota).pools;
  const PolicySpec& policy =
      policy_for(policies_in_force_, pools.empty() ? PoolName{} : pools.front().pool);
  return policy.backfill && policy.backfill->use_learned_durations;
}

void ClusterState::Impl::touch_managed_pods() {
  pods_.for_each([&](const PodUid&, const std::shared_ptr<const PodView>& pod) {
    if (pod->managed)
      touched_workloads_.insert(workload_id(*pod));
  });
}

QuotaChoice ClusterState::Impl::quota_of(const PodView& pod) {
  auto key = std::tuple{pod.namespace_name, pod.service_account, pod.quota_hint};
  const auto known = choices_.find(key);
  if (known != choices_.end())
    return known->second;
  const auto name_space = namespaces_.find(pod.namespace_name);
  const Labels* labels = name_space == namespaces_.end() ? nullptr : &name_space->second.labels;
  QuotaChoice choice =
      directory_.choose({pod.namespace_name, pod.service_account}, labels, pod.quota_hint);
  if (choices_.size() >= kQuotaChoicesMax)
    choices_.clear();
  return choices_.emplace(std::move(key), std::move(choice)).first->second;
}

/// A burst that begins or ends changes its pool as an edit of it would.
void ClusterState::Impl::refresh_bursts(TimePoint now) {
  if (!pools_changed_ && same_bursts_.contains(now))
    return;
  pools_changed_ = true;
  same_bursts_ = TimeRange{now, TimePoint::max()};
  for (const auto& [name, pool] : pools_)
    same_bursts_.end = std::min(same_bursts_.end, pool->burst_changes_after(now));
}

void ClusterState::Impl::refresh_nodes(TimePoint now) {
  if (pools_changed_)
    for (const auto& [name, node] : nodes_)
      touched_nodes_.insert(name);
  pools_changed_ = false;
  std::vector<const PoolSpec*> pools;
  for (const auto& [name, pool] : pools_)
    pools.push_back(pool.get());
  std::sort(pools.begin(), pools.end(), [](const PoolSpec* left, const PoolSpec* right) {
    return keeps_nodes_before(*left, *right);
  });
  bool table_changed = false;
  for (const NodeName& name : touched_nodes_)
    table_changed = put_node_in_pool(name, pools, now) || table_changed;
  touched_nodes_.clear();
  if (table_changed)
    table_ = std::make_shared<const NodeTable>(values_of(pooled_));
}

PooledNode ClusterState::Impl::in_pool(const NodeView& node, const PoolSpec* pool,
                                       TimePoint now) const {
  if (pool == nullptr)
    return PooledNode{node, PoolName{}, node.allocatable, NodeMerits{}, {}, TimePoint::max()};
  PooledNode pooled{
      node, pool->name,      pool->promisable(node), merits_of(node.labels, pool->strategy_params),
      {},   TimePoint::max()};
  pooled.from_burst = pool->added_by_burst(node, now);
  pooled.promisable += pooled.from_burst;
  if (pooled.is_in_burst())
    pooled.burst_ends = pool->burst->period.end;
  return pooled;
}

/// Finds the node's pool; false if nothing about the node changed. Workloads that looked at a node
/// which came, went or changed its pool are settled again.
bool ClusterState::Impl::put_node_in_pool(const NodeName& name,
                                          std::span<const PoolSpec* const> pools, TimePoint now) {
  const auto pool_name = [&]() -> std::optional<PoolName> {
    const auto at = pooled_.find(name);
    return at == pooled_.end() ? std::nullopt : std::optional{at->second->pool};
  };
  const auto before = pool_name();
  const auto node = nodes_.find(name);
  bool changed = false;
  if (node == nodes_.end()) {
    changed = pooled_.erase(name) != 0;
  } else {
    changed =
        replace_shared(pooled_, name, in_pool(*node->second, pool_of(*node->second, pools), now));
  }
  const auto watchers = watchers_.find(name);
  if (watchers != watchers_.end() && pool_name() != before)
    touched_workloads_.insert(watchers->second.begin(), watchers->second.end());
  return changed;
}

void ClusterState::Impl::settle_touched() {
  const Surroundings around{[this](const PodView& pod) { return quota_of(pod); },
                            [this](const NodeName& name) -> std::optional<PoolName> {
                              const auto at = pooled_.find(name);
                              return at == pooled_.end() ? std::nullopt
                                                         : std::optional{at->second->pool};
                            }};
  for (const WorkloadId& id : touched_workloads_)
    settle_workload(id, around);
  touched_workloads_.clear();
}

void ClusterState::Impl::settle_workload(const WorkloadId& id, const Surroundings& around) {
  auto members = members_of(id);
  for (auto& pod : members) {
    put_rules(pod);
    put_learned(pod);
    homeless_.erase(pod->uid);
  }
  Settlement settlement = settle(std::move(members), around);
  for (auto& [uid, charge] : settlement.charges)
    post(uid, std::move(charge));
  for (const auto& pod : settlement.homeless)
    homeless_.set(pod->uid, pod);
  if (settlement.waiting == nullptr)
    waiting_.erase(id);
  else
    waiting_.set(id, std::move(settlement.waiting));
  look_at(id, std::move(settlement.looked_at));
}

void ClusterState::Impl::post(const PodUid& uid, Charge charge) {
  put_on_node(uid, charge);
  ledger_.post(uid, std::move(charge));
}

/// Before the charge is posted: the ledger still knows where the pod was.
void ClusterState::Impl::put_on_node(const PodUid& uid, const Charge& charge) {
  if (const Charge* before = ledger_.charge_of(uid);
      before != nullptr && before->node != charge.node) {
    on_nodes_.erase({before->node, uid});
    ending_.erase({before->node, uid});
    expected_.erase({before->node, uid});
  }
  const auto* pod = pods_.find(uid);
  const auto put = [&](auto& pods, bool belongs) {
    if (belongs)
      pods.set({charge.node, uid}, *pod);
    else
      pods.erase({charge.node, uid});
  };
  const bool is_charged = pod != nullptr && !charge.quota.empty();
  put(ending_, is_charged && (*pod)->may_end());
  if (charge.node.empty())
    return;
  put(on_nodes_, is_charged);
  put(expected_, pod != nullptr && !(*pod)->is_bound());
}

std::vector<std::shared_ptr<const PodView>>
ClusterState::Impl::members_of(const WorkloadId& id) const {
  std::vector<std::shared_ptr<const PodView>> members;
  const auto gang = gangs_.find(id);
  if (gang != gangs_.end()) {
    for (const PodUid& uid : gang->second)
      members.push_back(*pods_.find(uid));
    return members;
  }
  const auto* pod = pods_.find(PodUid{id.str()});
  if (pod != nullptr && workload_id(**pod) == id)
    members.push_back(*pod);
  return members;
}

/// Remembers on which nodes the workload's settlement depends.
void ClusterState::Impl::look_at(const WorkloadId& id, std::vector<NodeName> nodes) {
  const auto before = watched_.find(id);
  if (before != watched_.end()) {
    for (const NodeName& name : before->second) {
      const auto watchers = watchers_.find(name);
      if (watchers == watchers_.end())
        continue; // the same node was looked at twice
      watchers->second.erase(id);
      if (watchers->second.empty())
        watchers_.erase(watchers);
    }
    watched_.erase(before);
  }
  if (nodes.empty())
    return;
  for (const NodeName& name : nodes)
    watchers_[name].insert(id);
  watched_.emplace(id, std::move(nodes));
}

void ClusterState::Impl::refresh_loads() {
  const std::vector<NodeName> touched = ledger_.take_touched_nodes();
  if (loads_table_ == nullptr || !have_same_rows(*loads_table_, *table_)) {
    loads_ = NodeLoads(table_->size(), table_->width());
    for (NodeIndex index = 0; index < table_->size(); ++index)
      write_row(index);
  } else {
    for (const NodeName& name : touched)
      if (const auto index = table_->find(name.str()))
        write_row(*index);
  }
  loads_table_ = table_;
}

void ClusterState::Impl::write_row(NodeIndex index) {
  const auto columns = table_->columns();
  std::vector<std::int64_t> row(table_->width());
  const ResourceSum& sum = ledger_.on_node(table_->node(index).view.name);
  for (std::size_t column = 0; column < columns.size(); ++column)
    row[column] = sum.get(columns[column]).value();
  const NodeName& name = table_->node(index).view.name;
  std::ranges::copy(ledger_.on_devices(name, table_->devices(index)),
                    row.begin() + static_cast<std::ptrdiff_t>(columns.size()));
  loads_.set_row(index, row);
}

void ClusterState::Impl::refresh_fragmentation() {
  const bool census_changed = census_.take_changed();
  if (!census_changed && fragmentation_table_ == table_)
    return;
  fragmentation_ = std::make_shared<const FragmentationModel>(census_.entries(), *table_);
  fragmentation_table_ = table_;
}

void ClusterState::Impl::refresh_windows(TimePoint now) {
  if (reservations_changed_ || !windows_.are_right_for(now))
    windows_ = find_open_windows(values_of(reservations_), now);
  reservations_changed_ = false;
}

void ClusterState::Impl::refresh_namespace_quotas() {
  if (!namespace_quotas_changed_)
    return;
  std::multimap<std::string, NamespaceQuota> by_namespace;
  for (const auto& [key, quota] : namespace_quotas_)
    by_namespace.emplace(key.first, quota);
  shared_namespace_quotas_ =
      std::make_shared<const std::multimap<std::string, NamespaceQuota>>(std::move(by_namespace));
  namespace_quotas_changed_ = false;
}

std::vector<std::shared_ptr<const PolicySpec>> ClusterState::Impl::policies_by_age() const {
  auto policies = values_of(policies_);
  std::ranges::stable_sort(policies, {}, [](const auto& policy) { return policy->created; });
  return policies;
}

std::shared_ptr<const ClusterSnapshot> ClusterState::Impl::make_snapshot(TimePoint now) {
  auto snapshot = std::make_shared<ClusterSnapshot>();
  snapshot->generation = Generation{++generation_.number};
  snapshot->as_of = now;
  snapshot->nodes = table_;
  snapshot->loads = loads_.snapshot();
  snapshot->fragmentation = fragmentation_;
  snapshot->pools = values_of(pools_);
  snapshot->pool_use = ledger_.pool_use();
  snapshot->quotas = forest_;
  snapshot->quota_use = ledger_.quota_use();
  snapshot->charges = ledger_.charges();
  snapshot->reservations = values_of(reservations_);
  snapshot->reservation_use = ledger_.reservation_use();
  snapshot->open_windows = windows_;
  snapshot->pods = pods_.snapshot();
  snapshot->waiting = waiting_.snapshot();
  snapshot->expected = expected_.snapshot();
  snapshot->homeless = homeless_.snapshot();
  snapshot->nominated = nominated_.snapshot();
  snapshot->noticed = noticed_.snapshot();
  snapshot->on_nodes = on_nodes_.snapshot();
  snapshot->ending = ending_.snapshot();
  snapshot->namespaces = shared_namespaces_;
  snapshot->policies = policies_in_force_;
  snapshot->rules = rules_;
  snapshot->namespace_quotas = shared_namespace_quotas_;
  snapshot->right_until = std::min(windows_.until, same_bursts_.end);
  snapshot->holds = std::make_shared<const Holds>(hold_capacity(*snapshot, windows_));
  return snapshot;
}

} // namespace berth::allocation
