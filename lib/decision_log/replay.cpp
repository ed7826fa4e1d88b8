#include "lib/decision_log/replay.hpp"

#include <algorithm>

#include "lib/allocation/cycle.hpp"

namespace berth::decision_log {
namespace {

using namespace allocation;

/// Objects of each kind know how they come into a state.
struct Put {
  ClusterState& state;
  Policy& policy;

  Result<void> operator()(const NodeView& node) const { return done(state.upsert_node(node)); }
  Result<void> operator()(const PodView& pod) const { return done(state.upsert_pod(pod)); }
  Result<void> operator()(const PoolSpec& pool) const { return done(state.upsert_pool(pool)); }
  Result<void> operator()(const QuotaSpec& quota) const { return done(state.upsert_quota(quota)); }
  Result<void> operator()(const NamespaceView& name_space) const {
    return done(state.upsert_namespace(name_space));
  }
  Result<void> operator()(const ReservationSpec& reservation) const {
    return done(state.upsert_reservation(reservation));
  }
  Result<void> operator()(const PolicySpec& spec) const { return done(state.upsert_policy(spec)); }
  Result<void> operator()(const NamespaceQuota& quota) const {
    return done(state.upsert_namespace_quota(quota));
  }
  Result<void> operator()(const SettingValue& setting) const {
    return apply_setting(setting, policy);
  }
  Result<void> operator()(const AllocationMemory& memory) const {
    policy.memory = std::make_shared<const AllocationMemory>(memory);
    return {};
  }

  /// Whether allocation can tell the difference does not matter here.
  static Result<void> done(bool /*changed*/) { return {}; }
};

void remove(const Change& change, ClusterState& state, Policy& policy) {
  const std::string& id = change.id;
  switch (change.kind) {
  case Kind::Node: state.remove_node(NodeName{id}); break;
  case Kind::Pod: state.remove_pod(PodUid{id}); break;
  case Kind::Pool: state.remove_pool(PoolName{id}); break;
  case Kind::Quota: state.remove_quota(QuotaName{id}); break;
  case Kind::Namespace: state.remove_namespace(id); break;
  case Kind::Reservation: state.remove_reservation(ReservationName{id}); break;
  case Kind::Policy: state.remove_policy(id); break;
  case Kind::NamespaceQuota: {
    const auto slash = std::min(id.find('/'), id.size());
    state.remove_namespace_quota(id.substr(0, slash), id.substr(std::min(slash + 1, id.size())));
    break;
  }
  case Kind::Setting: reset_setting(id, policy); break;
  case Kind::Memory: policy.memory = nullptr; break;
  }
}

std::string named(const AdmittedWork& work) {
  std::string text = work.workload + " to quota " + work.quota + " in pool " + work.pool;
  for (std::size_t i = 0; i < work.nodes.size(); ++i)
    text += (i == 0 ? " on " : ", ") + work.nodes[i];
  return text;
}

/// The first thing that one list has and the other does not.
std::string first_difference(const LoggedDecision& recorded, const LoggedDecision& replayed) {
  const auto count = std::max(recorded.admitted.size(), replayed.admitted.size());
  for (std::size_t i = 0; i < count; ++i) {
    const bool was = i < recorded.admitted.size();
    const bool is = i < replayed.admitted.size();
    if (was && is && recorded.admitted[i] == replayed.admitted[i])
      continue;
    return "; recorded was the admission of " +
           (was ? named(recorded.admitted[i]) : std::string("nobody else")) +
           ", now it is that of " + (is ? named(replayed.admitted[i]) : std::string("nobody else"));
  }
  if (recorded.waiting != replayed.waiting)
    return "; " + std::to_string(recorded.waiting) + " waited, now " +
           std::to_string(replayed.waiting) + " do";
  return {};
}

} // namespace

Result<void> apply_change(const Change& change, ClusterState& state, Policy& policy) {
  if (change.now)
    return std::visit(Put{state, policy}, *change.now);
  remove(change, state, policy);
  return {};
}

Result<Replayed> Replayer::play(const LoggedCycle& logged) {
  if (logged.is_whole) {
    state_.emplace();
    policy_ = Policy{};
    for (const Setting& setting : settings_of(policy_))
      reset_setting(setting.name, policy_);
    book_.forget();
    last_plan_ = nullptr;
  }
  if (!state_)
    return fail(Code::Invalid, "the log does not begin with a whole picture");
  for (const Change& change : logged.changes)
    BERTH_CHECK(apply_change(change, *state_, policy_));
  if (!logged.line.memory_follows && last_plan_ != nullptr)
    policy_.memory = std::make_shared<const AllocationMemory>(last_plan_->memory);

  // Other publications lay between two cycles: only the number and the time tell.
  auto snapshot = std::make_shared<ClusterSnapshot>(*state_->publish(logged.line.as_of));
  snapshot->generation = Generation{logged.line.generation};
  snapshot->as_of = logged.line.as_of;
  Replayed replayed;
  replayed.cycle = {std::move(snapshot), policy_, logged.line.now, logged.line.seed, nullptr};
  last_plan_ = std::make_shared<const Plan>(
      decide(*replayed.cycle.snapshot, policy_, logged.line.now, logged.line.seed));
  replayed.cycle.plan = last_plan_;
  book_.note(replayed.cycle, [](const std::string&) {});
  replayed.input = hex(book_.input_digest(replayed.cycle, memory_digest(policy_)));
  replayed.decision = digest_plan(*last_plan_).decision;
  return replayed;
}

std::string difference(const CycleLine& recorded, const Replayed& replayed) {
  std::string text;
  if (recorded.input != replayed.input)
    text = "its inputs were not read back as they were";
  if (recorded.decision.digest == replayed.decision.digest)
    return text;
  const auto parts = differing_parts(recorded.decision, replayed.decision);
  text += text.empty() ? "" : ", and ";
  text += "it decides otherwise";
  for (std::size_t i = 0; i < parts.size(); ++i)
    text += (i == 0 ? " in " : ", ") + parts[i];
  return text + first_difference(recorded.decision, replayed.decision);
}

} // namespace berth::decision_log
