#include "lib/allocation/settlement.hpp"

#include <algorithm>
#include <map>

namespace berth::allocation {
namespace {

using PodPtr = std::shared_ptr<const PodView>;

/// A decision that some member carries, and how many members carry it.
struct Decided {
  const AdmissionRecord* record = nullptr;
  std::int32_t written = 0;
  bool is_withdrawn =
      false; ///< one of them is being deleted: the gang is rolled back, not finished
};

bool is_current(const PodView& pod) {
  return !pod.terminal && !pod.terminating;
}

bool is_waiting(const PodView& pod) {
  return pod.managed && !pod.is_bound() && !pod.admission && is_current(pod);
}

class Settler {
public:
  Settler(const std::vector<PodPtr>& members, const Surroundings& around)
      : members_(members), around_(around) {}

  [[nodiscard]] Settlement settle();

private:
  void find_decisions();
  [[nodiscard]] const AdmissionRecord* deciding_record(const PodView& pod);
  void settle_member(const PodPtr& pod);
  [[nodiscard]] Charge charge_of(const PodPtr& pod);
  [[nodiscard]] static DeviceList devices_of(const PodView& pod, const NodeName& node);
  void adopt(const PodView& pod, Charge& charge);
  [[nodiscard]] NodeName place_of(const PodPtr& pod);
  void describe_waiting();
  [[nodiscard]] std::string find_defect(const Workload& workload) const;

  const std::vector<PodPtr>& members_; ///< oldest first
  const Surroundings& around_;
  std::map<DecisionId, Decided> decisions_;
  const AdmissionRecord* interrupted_ = nullptr;
  std::vector<PodPtr> charged_waiting_; ///< decided on, but their record is not written
  std::vector<PodPtr> waiting_;
  Settlement settlement_;
};

Settlement Settler::settle() {
  find_decisions();
  for (const PodPtr& pod : members_)
    settle_member(pod);
  if (!charged_waiting_.empty() || !waiting_.empty())
    describe_waiting();
  return std::move(settlement_);
}

void Settler::find_decisions() {
  for (const PodPtr& pod : members_)
    if (pod->admission) {
      Decided& decided = decisions_[pod->admission->decision];
      decided.record = &*pod->admission;
      ++decided.written;
      decided.is_withdrawn = decided.is_withdrawn || pod->terminating;
    }
}

/// The decision that admitted this pod together with others before a crash kept it from being
/// written here (G2); nullptr if there is none.
const AdmissionRecord* Settler::deciding_record(const PodView& pod) {
  for (auto& [id, decided] : decisions_)
    if (!decided.is_withdrawn && decided.written < decided.record->members &&
        pod.created <= decided.record->youngest_member) {
      ++decided.written;
      return decided.record;
    }
  return nullptr;
}

void Settler::settle_member(const PodPtr& pod) {
  Charge charge = charge_of(pod);
  if (is_waiting(*pod)) {
    const AdmissionRecord* record = deciding_record(*pod);
    interrupted_ = interrupted_ == nullptr ? record : interrupted_;
    // Should two decisions have been interrupted at once, the second is finished as a follow-up.
    const bool is_finished_now = record != nullptr && record == interrupted_;
    (is_finished_now ? charged_waiting_ : waiting_).push_back(pod);
    if (record != nullptr) {
      charge.quota = record->quota;
      charge.pool = record->pool;
      charge.reservation = record->reservation;
      charge.is_burst = record->is_burst;
    }
  }
  settlement_.charges.emplace_back(pod->uid, std::move(charge));
}

/// What the pod's own fields say; a waiting pod holds nothing yet.
Charge Settler::charge_of(const PodPtr& pod) {
  Charge charge;
  charge.shape = pod->shape;
  if (pod->terminal)
    return charge; // L5
  charge.node = place_of(pod);
  charge.devices = devices_of(*pod, charge.node);
  if (pod->admission) {
    charge.quota = pod->admission->quota;
    charge.pool = pod->admission->pool;
    charge.reservation = pod->admission->reservation;
    charge.is_burst = pod->admission->is_burst;
  } else if (pod->managed && pod->is_bound()) {
    adopt(*pod, charge);
  }
  return charge;
}

/// The devices that were planned hold on the node for which they were.
DeviceList Settler::devices_of(const PodView& pod, const NodeName& node) {
  if (!pod.admission || pod.admission->planned_nodes.empty() ||
      pod.admission->planned_nodes.front() != node)
    return {};
  return pod.admission->devices;
}

/// A managed pod that was bound without an admission (it ran before Berth came) uses its quota all
/// the same.
void Settler::adopt(const PodView& pod, Charge& charge) {
  const auto pool = around_.pool_of(pod.node);
  settlement_.looked_at.push_back(pod.node);
  const QuotaChoice choice = around_.quota_of(pod);
  if (choice.quota.empty() || !pool || pool->empty())
    return;
  charge.quota = choice.quota;
  charge.pool = *pool;
}

/// Where the pod is, is expected, or is planned.
NodeName Settler::place_of(const PodPtr& pod) {
  if (pod->is_bound())
    return pod->node;
  // Before its admission is written a nomination is only half of it (PlacementMode::Nominate).
  if (!pod->nominated_node.empty() && (!pod->gated || pod->admission)) {
    settlement_.looked_at.push_back(pod->nominated_node);
    if (!pod->admission || around_.pool_of(pod->nominated_node))
      return pod->nominated_node;
  }
  if (!pod->admission)
    return {};
  for (const NodeName& planned : pod->admission->planned_nodes) {
    settlement_.looked_at.push_back(planned);
    if (around_.pool_of(planned))
      return planned;
  }
  if (!pod->terminating && needs_node(*pod->shape))
    settlement_.homeless.push_back(pod);
  return {};
}

void Settler::describe_waiting() {
  auto workload = std::make_shared<Workload>();
  workload->waiting = charged_waiting_;
  workload->waiting.insert(workload->waiting.end(), waiting_.begin(), waiting_.end());
  workload->already_charged = charged_waiting_.size();
  if (interrupted_ != nullptr)
    workload->interrupted = *interrupted_;
  const PodView& first = *workload->waiting.front();
  workload->id = workload_id(first);
  workload->namespace_name = first.namespace_name;
  workload->service_account = first.service_account;
  workload->reservation = first.reservation;
  workload->size = first.gang ? first.gang->size : 1;
  workload->size_min = first.gang ? first.gang->least() : 1;
  workload->priority = first.priority;
  workload->created = first.created;
  for (const PodPtr& pod : workload->waiting) {
    workload->priority = std::max(workload->priority, pod->priority);
    workload->created = std::min(workload->created, pod->created);
  }
  for (const PodPtr& pod : members_) {
    workload->members_done += pod->succeeded ? 1 : 0;
    if (!is_current(*pod) || is_waiting(*pod) || !pod->managed)
      continue;
    ++workload->members_running;
    if (!workload->admission)
      workload->admission = pod->admission;
  }
  // What ran to its end was a run of its own: it makes nobody of a new one whole (G1).
  workload->members_done %= workload->size;
  if (workload->members_running == 0 && workload->members_done >= workload->size_min)
    workload->members_done = 0;
  workload->quota = around_.quota_of(first);
  workload->defect = find_defect(*workload);
  // What a request was given does not grow: its other units are dropped as soon as its status says
  // how many it has.
  if (!first.is_request || workload->members_running == 0 || workload->already_charged > 0)
    settlement_.waiting = std::move(workload);
}

/// The first thing that keeps the members from being one workload.
std::string Settler::find_defect(const Workload& workload) const {
  const auto size_of = [](const PodView& pod) { return pod.gang ? pod.gang->size : 1; };
  const auto least_of = [](const PodView& pod) { return pod.gang ? pod.gang->least() : 1; };
  const PodView* first = nullptr;
  for (const PodPtr& pod : members_) {
    if (!is_current(*pod) || !pod->managed)
      continue;
    first = first == nullptr ? pod.get() : first;
    if (size_of(*pod) != size_of(*first))
      return "members name different sizes: " + std::to_string(size_of(*first)) + " and " +
             std::to_string(size_of(*pod));
    if (least_of(*pod) != least_of(*first))
      return "members name different least sizes: " + std::to_string(least_of(*first)) + " and " +
             std::to_string(least_of(*pod));
    if (!is_waiting(*pod))
      continue;
    if (!pod->defect.empty())
      return pod->defect;
    if (pod->reservation != workload.reservation)
      return "members name different reservations";
    if (around_.quota_of(*pod) != workload.quota)
      return "members belong to different quotas";
  }
  return {};
}

} // namespace

Settlement settle(std::vector<std::shared_ptr<const PodView>> members, const Surroundings& around) {
  std::sort(members.begin(), members.end(), [](const PodPtr& left, const PodPtr& right) {
    return std::tie(left->created, left->uid) < std::tie(right->created, right->uid);
  });
  return Settler(members, around).settle();
}

} // namespace berth::allocation
