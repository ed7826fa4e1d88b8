#pragma once
// Short ways to write pods, nodes, pools, quotas and reservations in tests, and World, which feeds
// them to a ClusterState, decides, and applies what was decided as the operator would.

#include <string>
#include <utility>
#include <vector>

#include "lib/allocation/cluster_state.hpp"
#include "lib/allocation/cycle.hpp"

namespace berth::allocation::testing {

using namespace std::chrono_literals;

/// The time at which tests play.
inline const TimePoint kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h;

class PodBuilder {
public:
  explicit PodBuilder(const std::string& name) {
    pod_.uid = PodUid{"uid-" + name};
    pod_.name = name;
    pod_.namespace_name = "team-a";
    pod_.service_account = "default";
    pod_.managed = pod_.gated = true;
    pod_.created = kNow - 1h;
    shape_.requests = {{"pods", 1}};
  }
  PodBuilder& in(std::string name_space) {
    pod_.namespace_name = std::move(name_space);
    return *this;
  }
  PodBuilder& as(std::string service_account) {
    pod_.service_account = std::move(service_account);
    return *this;
  }
  PodBuilder& asks(const std::string& resource, std::int64_t amount) {
    shape_.requests.set(ResourceName{resource}, Amount{amount});
    return *this;
  }
  PodBuilder& cpu(std::int64_t cores) { return asks("cpu", cores * 1000); }
  PodBuilder& gang(std::string name, std::int32_t size) {
    pod_.gang = GangMembership{std::move(name), size};
    return *this;
  }
  /// Between `least` and `most` members (G3).
  PodBuilder& elastic_gang(std::string name, std::int32_t least, std::int32_t most) {
    pod_.gang = GangMembership{std::move(name), most, least};
    return *this;
  }
  PodBuilder& priority(std::int32_t priority) {
    pod_.priority = priority;
    return *this;
  }
  /// Seconds after the usual creation time.
  PodBuilder& created(int seconds) {
    pod_.created = kNow - 1h + std::chrono::seconds{seconds};
    return *this;
  }
  PodBuilder& bound(const std::string& node) {
    pod_.node = NodeName{node};
    pod_.gated = false;
    return *this;
  }
  PodBuilder& label(std::string key, std::string value) {
    pod_.labels.set(std::move(key), std::move(value));
    return *this;
  }
  /// A controller would make it again.
  PodBuilder& recreated() {
    pod_.is_recreated = true;
    return *this;
  }
  PodBuilder& unmanaged() {
    pod_.managed = pod_.gated = false;
    return *this;
  }
  PodBuilder& admitted(AdmissionRecord record) {
    pod_.admission = std::move(record);
    pod_.gated = false;
    return *this;
  }
  PodBuilder& quota(const std::string& hint) {
    pod_.quota_hint = QuotaName{hint};
    return *this;
  }
  PodBuilder& inside(const std::string& reservation) {
    pod_.reservation = ReservationName{reservation};
    return *this;
  }
  PodBuilder& selects(std::string label, std::string value) {
    shape_.constraints.node_selector.set(std::move(label), std::move(value));
    return *this;
  }
  PodBuilder& affinity(std::vector<NodeSelectorTerm> terms) {
    shape_.constraints.required_affinity = std::move(terms);
    return *this;
  }
  PodBuilder& tolerates(Toleration toleration) {
    shape_.constraints.tolerations.push_back(std::move(toleration));
    return *this;
  }
  PodBuilder& lasts(Duration duration) {
    pod_.duration_limit = duration;
    pod_.started = kNow;
    return *this;
  }
  PodBuilder& terminating() {
    pod_.terminating = true;
    return *this;
  }
  /// It failed.
  PodBuilder& terminal() {
    pod_.terminal = true;
    return *this;
  }
  PodBuilder& succeeded() {
    pod_.succeeded = true;
    return terminal();
  }
  PodBuilder& defect(std::string why) {
    pod_.defect = std::move(why);
    return *this;
  }
  [[nodiscard]] PodView build() const {
    PodView pod = pod_;
    pod.shape = ShapePtr{shape_};
    return pod;
  }
  operator PodView() const { return build(); } // NOLINT(google-explicit-constructor)

private:
  PodView pod_;
  PodShape shape_;
};

inline PodBuilder pod(const std::string& name) {
  return PodBuilder(name);
}

/// A node with room for 110 pods, cores and 4 GiB of memory for each of them.
inline NodeView node(const std::string& name, std::int64_t cores) {
  NodeView node;
  node.name = NodeName{name};
  node.labels = {{"kubernetes.io/hostname", name}, {"pool", "p"}};
  node.allocatable = {{"cpu", cores * 1000}, {"memory", cores << 32U}, {"pods", 110}};
  return node;
}

/// Selects nodes with the label pool=<name>.
inline PoolSpec pool(const std::string& name) {
  PoolSpec pool;
  pool.name = PoolName{name};
  pool.created = kNow - 24h;
  pool.node_selector = Selector::of({{"pool", name}});
  return pool;
}

class QuotaBuilder {
public:
  explicit QuotaBuilder(const std::string& name) { quota_.name = QuotaName{name}; }
  QuotaBuilder& under(const std::string& parent) {
    quota_.parent = QuotaName{parent};
    return *this;
  }
  /// Names a namespace.
  QuotaBuilder& of(std::string name_space) {
    quota_.subjects.namespaces.push_back(std::move(name_space));
    return *this;
  }
  QuotaBuilder& of_account(std::string name_space, std::string name) {
    quota_.subjects.service_accounts.push_back({std::move(name_space), std::move(name)});
    return *this;
  }
  QuotaBuilder& of_selected(Selector selector) {
    quota_.subjects.namespace_selector = std::move(selector);
    return *this;
  }
  QuotaBuilder& pool(const std::string& name) {
    quota_.pools.push_back(QuotaPool{PoolName{name}, {}});
    return *this;
  }
  /// Of the pool that was named last.
  QuotaBuilder& nominal(const std::string& resource, std::int64_t amount,
                        Amount borrowing_limit = Amount::unlimited(),
                        Amount lending_limit = Amount::unlimited()) {
    quota_.pools.back().resources.push_back(
        QuotaAmount{ResourceName{resource}, Amount{amount}, borrowing_limit, lending_limit});
    return *this;
  }
  QuotaBuilder& cpu(std::int64_t cores) { return nominal("cpu", cores * 1000); }
  QuotaBuilder& stopped() {
    quota_.stop = Stop::Hold;
    return *this;
  }
  QuotaBuilder& weight(std::int32_t weight) {
    quota_.weight = weight;
    return *this;
  }
  QuotaBuilder& per_subject(SubjectLimits limits) {
    quota_.per_subject = std::move(limits);
    return *this;
  }
  QuotaBuilder& bursts(BurstSpec burst) {
    quota_.burst = burst;
    return *this;
  }
  QuotaBuilder& rate(std::int32_t per_minute, std::int32_t burst) {
    quota_.rate_limit = RateLimit{per_minute, burst};
    return *this;
  }
  QuotaBuilder& priority_offset(std::int32_t offset) {
    quota_.priority_offset = offset;
    return *this;
  }
  operator QuotaSpec() const { return quota_; } // NOLINT(google-explicit-constructor)
  [[nodiscard]] std::shared_ptr<const QuotaSpec> shared() const {
    return std::make_shared<const QuotaSpec>(quota_);
  }

private:
  QuotaSpec quota_;
};

inline QuotaBuilder quota(const std::string& name) {
  return QuotaBuilder(name);
}

/// Accepted, always open, in pool "p", for namespace "team-a", paid for by nobody.
inline ReservationSpec reservation(const std::string& name, std::int64_t cores) {
  ReservationSpec spec;
  spec.name = ReservationName{name};
  spec.created = kNow - 2h;
  spec.pool = PoolName{"p"};
  spec.amounts = {{"cpu", cores * 1000}};
  spec.window = AlwaysOpen{};
  spec.allowed_subjects.namespaces = {"team-a"};
  spec.accepted = true;
  return spec;
}

inline AdmissionRecord record(const std::string& quota, const std::string& pool,
                              std::vector<std::string> nodes = {}) {
  AdmissionRecord record;
  record.decision = DecisionId{"decision-" + quota};
  record.quota = QuotaName{quota};
  record.pool = PoolName{pool};
  for (const std::string& name : nodes)
    record.planned_nodes.emplace_back(name);
  return record;
}

/// In percent of `cores` and 1000 GiB of memory.
inline MeasuredUse measured_use(std::int64_t cpu_percent, std::int64_t memory_percent,
                                TimePoint at = kNow, std::int64_t cores = 100) {
  const std::int64_t cpu = cores * 1000;
  const std::int64_t memory = std::int64_t{1000} << 30U;
  return MeasuredUse{at,
                     {{"cpu", cpu * cpu_percent / 100}, {"memory", memory / 100 * memory_percent}},
                     {{"cpu", cpu}, {"memory", memory}}};
}

/// A cluster to decide on, and what the operator would make of the plan.
struct World {
  ClusterState state;
  Policy policy{};
  TimePoint now = kNow;

  void add(const PodView& added) { state.upsert_pod(added); }
  void add(const NodeView& added) { state.upsert_node(added); }
  void add(const PoolSpec& added) { state.upsert_pool(added); }
  void add(const QuotaSpec& added) { state.upsert_quota(added); }
  void add(const ReservationSpec& added) { state.upsert_reservation(added); }
  void add(const PolicySpec& added) { state.upsert_policy(added); }
  void add(const NamespaceQuota& added) { state.upsert_namespace_quota(added); }
  void add_all(const auto&... added) { (add(added), ...); }

  [[nodiscard]] std::shared_ptr<const ClusterSnapshot> snapshot() { return state.publish(now); }
  [[nodiscard]] Plan plan() { return decide(*snapshot(), policy, now, 1); }

  /// Writes the records and removes the gates, as far as `members_max` allows (a crash).
  void apply(const Plan& plan, std::size_t members_max = SIZE_MAX) {
    for (const Admission& admission : plan.admissions)
      for (const MemberAdmission& member : admission.members)
        if (members_max-- > 0) {
          PodView admitted = *member.pod;
          admitted.admission = member.record;
          admitted.gated = false;
          if (member.record.lent_until)
            admitted.revocable_after = member.record.lent_until;
          add(admitted);
        } else {
          return;
        }
    for (const Replanning& replanning : plan.replannings) {
      PodView moved = *replanning.pod;
      moved.admission = replanning.record;
      add(moved);
    }
    for (const ReservationDecision& decision : plan.reservations) {
      ReservationSpec spec = *decision.reservation;
      spec.accepted = decision.accepted;
      spec.places = decision.places;
      add(spec);
    }
    remember_places(plan);
  }
  /// Where promises lie, as the operator writes it in their statuses.
  void remember_places(const Plan& plan) {
    const auto seen = snapshot();
    const auto remember = [&](ReservationSpec spec, std::vector<ReservedPlace> places) {
      spec.places = std::move(places);
      add(spec);
    };
    for (const WindowOutlook& window : plan.windows)
      if (seen->holds->find(window.reservation->name) == nullptr)
        remember(*window.reservation, window.places);
    for (const OpenReservation& open : seen->holds->open) {
      const auto use = seen->reservation_use.find(open.spec->name);
      remember(*open.spec,
               places_of(open, *seen->holds, *seen->nodes,
                         use == seen->reservation_use.end() ? ReservationUse{} : use->second));
    }
  }
  Plan step() {
    Plan decided = plan();
    apply(decided);
    policy.memory = std::make_shared<const AllocationMemory>(decided.memory);
    return decided;
  }
};

/// The names of the admitted pods in the order of their admission.
inline std::vector<std::string> admitted_names(const Plan& plan) {
  std::vector<std::string> names;
  for (const Admission& admission : plan.admissions)
    for (const MemberAdmission& member : admission.members)
      names.push_back(member.pod->name);
  return names;
}

/// The reason and message for the workload of a pod, or nothing if it does not wait.
inline const Explanation* why_waiting(const Plan& plan, const std::string& pod_name) {
  for (const Waiting& waiting : plan.waiting)
    for (const auto& pod : waiting.workload->waiting)
      if (pod->name == pod_name)
        return waiting.why.get();
  return nullptr;
}

} // namespace berth::allocation::testing
