#pragma once
// The inside of ClusterState, in two parts: taking in objects (cluster_state.cpp) and bringing what
// follows from them up to date at publication (cluster_state_publish.cpp). Nobody else includes it.

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "lib/allocation/cluster_state.hpp"
#include "lib/allocation/settlement.hpp"
#include "lib/allocation/shape_interner.hpp"

namespace berth::allocation {

/// Remembered answers to "whose quota?"; forgotten together when there are more.
inline constexpr std::size_t kQuotaChoicesMax = 100'000;

/// Replaces the shared value of a key; false if it was equal already.
template <class Map, class Key, class Value>
bool replace_shared(Map& map, const Key& key, Value value) {
  const auto at = map.find(key);
  if (at != map.end() && *at->second == value)
    return false;
  map[key] = std::make_shared<const Value>(std::move(value));
  return true;
}

class ClusterState::Impl {
public:
  explicit Impl(Generation last) : generation_(last) {}

  bool upsert_pod(PodView pod);
  bool remove_pod(const PodUid& uid);
  bool upsert_node(NodeView node);
  bool remove_node(const NodeName& name);
  bool upsert_pool(PoolSpec pool);
  bool remove_pool(const PoolName& name);
  bool upsert_quota(QuotaSpec quota);
  bool remove_quota(const QuotaName& name);
  bool upsert_namespace(NamespaceView name_space);
  bool remove_namespace(const std::string& name);
  bool upsert_reservation(ReservationSpec reservation);
  bool remove_reservation(const ReservationName& name);
  bool upsert_policy(PolicySpec policy);
  bool remove_policy(const std::string& name);
  bool upsert_namespace_quota(NamespaceQuota quota);
  bool remove_namespace_quota(const std::string& name_space, const std::string& name);
  std::shared_ptr<const ClusterSnapshot> publish(TimePoint now);

private:
  template <class Value>
  using SharedByUid = OrderedMap<PodUid, std::shared_ptr<const Value>>;

  void touch(const PodView& pod);
  void leave_gang(const PodView& pod);

  void refresh_quotas();
  void touch_managed_pods();
  [[nodiscard]] QuotaChoice quota_of(const PodView& pod);
  void refresh_rules();
  void put_rules(std::shared_ptr<const PodView>& pod);
  void put_learned(std::shared_ptr<const PodView>& pod);
  [[nodiscard]] bool may_plan_by_learned(const PodView& pod);
  void remember(std::shared_ptr<const PodView> pod);
  void refresh_bursts(TimePoint now);
  void refresh_nodes(TimePoint now);
  [[nodiscard]] PooledNode in_pool(const NodeView& node, const PoolSpec* pool, TimePoint now) const;
  bool put_node_in_pool(const NodeName& name, std::span<const PoolSpec* const> pools,
                        TimePoint now);
  void settle_touched();
  void settle_workload(const WorkloadId& id, const Surroundings& around);
  void post(const PodUid& uid, Charge charge);
  void put_on_node(const PodUid& uid, const Charge& charge);
  [[nodiscard]] std::vector<std::shared_ptr<const PodView>> members_of(const WorkloadId& id) const;
  void look_at(const WorkloadId& id, std::vector<NodeName> nodes);
  void refresh_loads();
  void write_row(NodeIndex index);
  void refresh_fragmentation();
  void refresh_windows(TimePoint now);
  void refresh_namespace_quotas();
  [[nodiscard]] std::vector<std::shared_ptr<const PolicySpec>> policies_by_age() const;
  [[nodiscard]] std::shared_ptr<const ClusterSnapshot> make_snapshot(TimePoint now);

  // What was fed.
  SharedByUid<PodView> pods_;
  std::map<NodeName, std::shared_ptr<const NodeView>> nodes_;
  std::map<PoolName, std::shared_ptr<const PoolSpec>> pools_;
  std::map<QuotaName, std::shared_ptr<const QuotaSpec>> quotas_;
  std::map<std::string, NamespaceView> namespaces_;
  std::map<ReservationName, std::shared_ptr<const ReservationSpec>> reservations_;
  std::map<std::string, std::shared_ptr<const PolicySpec>> policies_;
  std::map<std::pair<std::string, std::string>, NamespaceQuota> namespace_quotas_;

  // What follows from it.
  ShapeInterner shapes_;
  Ledger ledger_;
  std::map<WorkloadId, std::set<PodUid>> gangs_;
  OrderedMap<WorkloadId, std::shared_ptr<const Workload>> waiting_;
  SharedByUid<PodView> homeless_;
  SharedByUid<PodView> nominated_;
  SharedByUid<PodView> noticed_;
  OrderedMap<NodePod, std::shared_ptr<const PodView>> expected_;
  OrderedMap<NodePod, std::shared_ptr<const PodView>> on_nodes_;
  OrderedMap<NodePod, std::shared_ptr<const PodView>> ending_;
  std::map<NodeName, std::shared_ptr<const PooledNode>> pooled_;
  std::map<NodeName, std::set<WorkloadId>> watchers_; ///< who looked at the node when settled
  std::map<WorkloadId, std::vector<NodeName>> watched_;
  QuotaDirectory directory_;
  std::map<std::tuple<std::string, std::string, QuotaName>, QuotaChoice> choices_;
  std::shared_ptr<const QuotaForest> forest_ = std::make_shared<const QuotaForest>();
  std::shared_ptr<const std::map<std::string, NamespaceView>> shared_namespaces_ =
      std::make_shared<const std::map<std::string, NamespaceView>>();
  std::shared_ptr<const NodeTable> table_ = std::make_shared<const NodeTable>();
  std::shared_ptr<const std::multimap<std::string, NamespaceQuota>> shared_namespace_quotas_ =
      std::make_shared<const std::multimap<std::string, NamespaceQuota>>();
  NodeLoads loads_;
  std::shared_ptr<const RuleBook> rules_ = std::make_shared<const RuleBook>();
  std::vector<std::shared_ptr<const PolicySpec>> policies_in_force_; ///< oldest first
  bool may_learn_ = false; ///< a policy lets plans go by learned durations
  DeviceCensus census_;    ///< of managed pods
  std::shared_ptr<const FragmentationModel> fragmentation_ =
      std::make_shared<const FragmentationModel>();
  std::shared_ptr<const NodeTable> fragmentation_table_; ///< whose columns the model has
  std::shared_ptr<const NodeTable> loads_table_;         ///< whose rows the loads have
  OpenWindows windows_;
  TimeRange same_bursts_; ///< no pool's burst begins or ends within it
  std::shared_ptr<const ClusterSnapshot> published_;
  Generation generation_; ///< of the last publication

  // What the next publication has to look at.
  bool changed_ = true; ///< anything since the last publication
  std::set<WorkloadId> touched_workloads_;
  std::set<NodeName> touched_nodes_;
  bool pools_changed_ = false;
  bool quotas_changed_ = false;
  bool subjects_changed_ = false;
  bool namespaces_changed_ = false;
  bool reservations_changed_ = false;
  bool namespace_quotas_changed_ = false;
  bool rules_changed_ = false;
};

} // namespace berth::allocation
