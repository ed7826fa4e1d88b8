#pragma once
// RunningWork: the workloads that hold something, as possible victims: whole gangs, but for members
// of elastic ones above the least, which may go alone (G3); with what each would give back and
// whether anything protects it from every preemptor (P4, P5, berth.dev/preemptible, work that Berth
// does not manage). Whether a given preemptor may take from one of them is preemption_rule.hpp's.
// Built once in a cycle, when somebody first asks.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/allocation/eviction_history.hpp"
#include "lib/allocation/node_fit.hpp"
#include "lib/allocation/policy.hpp"
#include "lib/allocation/snapshot.hpp"

namespace berth::allocation {

/// A workload that is charged for something, all of it in one quota and pool.
struct Victim {
  struct Place {
    NodeIndex node = 0;
    const ColumnRequest* request = nullptr; ///< of the RunningWork; never null
    DeviceList devices{};                   ///< which of the node's it has
    const PodUid* pod = nullptr;            ///< of the snapshot; never null
  };

  /// Who is evicted again if its pods come back (P4).
  [[nodiscard]] EvictionKey key() const { return eviction_key(*pods.front()); }

  WorkloadId workload{};
  std::vector<std::shared_ptr<const PodView>> pods{}; ///< by UID
  std::vector<Place> places{};
  QuotaIndex quota = 0;
  PoolName pool{};
  ResourceVector total{};
  std::int64_t priority = 0; ///< effective_priority(), the highest of its pods
  TimePoint started{};       ///< of its youngest pod
  bool is_borrowed = false;  ///< its quota holds some of what it has above nominal: opportunistic
  bool is_burst = false;     ///< its quota's burst budget pays for it: opportunistic, too
  bool is_surplus = false;   ///< a member above the least that its gang needs (G3): opportunistic
  bool is_lent = false;      ///< it stands on capacity promised to others: opportunistic, too
  bool is_leaving = false;   ///< all of it is being deleted, on nodes that can tell when it is gone
  bool goes_in_part = false; ///< some of it is being deleted
  bool is_refused = false;   ///< a disruption budget kept one of its pods lately (P5)
  bool is_protected = false; ///< from every preemptor
  bool is_spared = false;    ///< by the bounds of P4, for now
  bool is_claimed = false;   ///< its room is promised to a preemptor already
  /// Of an elastic gang's least members: the others, each a victim of its own, who go no later.
  std::vector<Victim*> surplus{};
  std::size_t rank = 0; ///< in the order of goes_before(), among all
};

/// Takes its charge out of the balance; the answer is what of it was beyond Q2 (Q6).
ResourceVector discharge(QuotaBalance& balance, const Victim& victim);
/// As discharge() found it.
void restore(QuotaBalance& balance, const Victim& victim, const ResourceVector& beyond);

/// Victims first: opportunistic work, then lowest priority, then newest, then by id (P2).
[[nodiscard]] bool goes_before(const Victim& left, const Victim& right);

class RunningWork {
public:
  /// What is looked at; all outlive it. `balance`: to know who borrows.
  struct Input {
    const ClusterSnapshot& snapshot;
    const Policy& policy;
    const Holds& holds;
    const QuotaBalance& balance;
    TimePoint now;
  };
  explicit RunningWork(const Input& input);
  RunningWork(const RunningWork&) = delete;
  RunningWork& operator=(const RunningWork&) = delete;

  /// In the order of goes_before().
  [[nodiscard]] std::span<Victim* const> all() const { return ranked_; }
  /// In that order too.
  [[nodiscard]] std::span<Victim* const> in_pool(const PoolName& pool) const;
  /// Those that have any.
  [[nodiscard]] std::span<const QuotaIndex> quotas() const { return quotas_; }
  /// In that order too; in any pool.
  [[nodiscard]] std::span<Victim* const> of_quota(QuotaIndex quota) const;
  /// Its room is promised to a preemptor from now on.
  void claim(const Victim& victim);
  /// It is promised to nobody, or to the one who asks now.
  void release(const Victim& victim);
  /// The rest of a gang of which part goes is as good as gone, too.
  void count_as_leaving(const Victim& victim);
  /// What goes without anybody's doing, or is promised to a preemptor already. In that order too.
  [[nodiscard]] const std::map<std::size_t, const Victim*>& departing() const { return departing_; }
  /// Pods without a quota that are being deleted.
  [[nodiscard]] std::span<const Victim::Place> leaving_strangers() const { return strangers_; }
  /// The victims that these pods belong to, in that order too.
  [[nodiscard]] std::vector<Victim*> find(std::span<const PodUid> pods) const;

private:
  void add(const Input& input, const PodUid& uid, const std::shared_ptr<const Charge>& charge);
  void add_elastic(const Input& input);
  void add_to(Victim& victim, const Input& input, const std::shared_ptr<const PodView>& pod,
              const Charge& charge);
  Victim& make_victim();
  void judge(const Input& input, Victim& victim);
  [[nodiscard]] bool is_evicted_often(const Input& input, const Victim& victim, std::size_t most);
  void rank_all(std::size_t quotas);
  void note_departing(const Victim& victim);
  [[nodiscard]] const ColumnRequest* request_of(const PodShape& shape, const NodeTable& table);

  void find_devices(const ClusterSnapshot& snapshot);
  [[nodiscard]] DeviceList devices_of_pod(const PodUid& uid) const;

  std::map<PodUid, DeviceList> devices_; ///< looked up, never walked
  std::vector<Victim::Place> strangers_;
  std::deque<Victim> victims_;
  std::vector<Victim*> ranked_;
  std::map<PoolName, std::vector<Victim*>> by_pool_;
  std::vector<QuotaIndex> quotas_;
  std::vector<Victim*> by_quota_;
  std::vector<std::size_t> quota_begins_;          ///< in by_quota_; one more than there are quotas
  std::map<std::size_t, const Victim*> departing_; ///< by rank
  std::unordered_map<std::string, Victim*> gangs_; ///< looked up, never walked
  using OfPod = std::pair<std::string_view, Victim*>;
  std::vector<OfPod> by_pod_;                      ///< by UID
  std::map<EvictionKey, std::size_t> pods_of_key_; ///< counted when somebody first asks
  struct Member {
    std::shared_ptr<const PodView> pod{};
    std::shared_ptr<const Charge> charge{};
  };
  std::map<WorkloadId, std::vector<Member>> elastic_; ///< while it is built
  std::unordered_map<const PodShape*, std::unique_ptr<ColumnRequest>> requests_;
};

} // namespace berth::allocation
