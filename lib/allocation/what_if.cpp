#include "lib/allocation/what_if.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

namespace berth::allocation {
namespace {

constexpr std::int32_t kNodesAddedMax = 10'000;

/// Takes one step after the other on a snapshot of its own.
class WhatIf {
public:
  WhatIf(ClusterSnapshot& snapshot, const WorkloadId& workload)
      : snapshot_(snapshot), workload_(workload) {}

  [[nodiscard]] Result<void> operator()(const RaiseNominal& step);
  [[nodiscard]] Result<void> operator()(const RaiseCapacity& step);
  [[nodiscard]] Result<void> operator()(const AddNodes& step);
  [[nodiscard]] Result<void> operator()(const DropConstraint& step);
  [[nodiscard]] Result<void> operator()(const SetPriority& step);

private:
  /// Replaces the workload by one whose waiting pods were changed.
  template <class ChangePod>
  [[nodiscard]] Result<void> change_pods(ChangePod change_pod);

  ClusterSnapshot& snapshot_;
  const WorkloadId& workload_;
};

Result<void> WhatIf::operator()(const RaiseNominal& step) {
  const auto index = snapshot_.quotas->find(step.quota);
  if (!index)
    return fail(Code::NotFound, "Quota " + step.quota.str() + " does not exist");
  const QuotaSpec& spec = snapshot_.quotas->spec(*index);
  const auto pool = std::ranges::find(spec.pools, step.pool, &QuotaPool::pool);
  if (pool == spec.pools.end())
    return fail(Code::NotFound,
                "Quota " + step.quota.str() + " does not name pool " + step.pool.str());
  const auto amount = std::ranges::find(pool->resources, step.resource, &QuotaAmount::name);
  const Amount before = amount == pool->resources.end() ? Amount{} : amount->nominal;
  snapshot_.quotas = std::make_shared<const QuotaForest>(
      snapshot_.quotas->with_nominal(*index, step.pool, step.resource, before + step.by));
  return {};
}

Result<void> WhatIf::operator()(const RaiseCapacity& step) {
  if (!step.resource.is_virtual())
    return fail(Code::Invalid,
                std::string(step.resource.str()) +
                    " is what nodes have: add nodes, or name a resource of the pool");
  for (auto& pool : snapshot_.pools)
    if (pool->name == step.pool) {
      PoolSpec spec = *pool;
      spec.virtual_capacity.set(step.resource, spec.virtual_capacity.get(step.resource) + step.by);
      pool = std::make_shared<const PoolSpec>(std::move(spec));
      return {};
    }
  return fail(Code::NotFound, "ResourcePool " + step.pool.str() + " does not exist");
}

/// The new nodes come last by name, so that the indexes of all others stay what holds and loads
/// know them by.
Result<void> WhatIf::operator()(const AddNodes& step) {
  const auto like = snapshot_.nodes->find(step.like.str());
  if (!like)
    return fail(Code::NotFound, "Node " + step.like.str() + " does not exist");
  if (step.count > kNodesAddedMax)
    return fail(Code::Invalid, "more than " + std::to_string(kNodesAddedMax) + " nodes");
  const auto old = snapshot_.nodes->nodes();
  std::vector<std::shared_ptr<const PooledNode>> nodes(old.begin(), old.end());
  const std::string last = nodes.back()->view.name.str();
  const std::size_t before = nodes.size();
  for (std::int32_t i = 1; i <= step.count; ++i) {
    PooledNode added = snapshot_.nodes->node(*like);
    std::string number = std::to_string(i);
    number.insert(0, std::to_string(kNodesAddedMax).size() - number.size(), '0');
    added.view.name = NodeName{last + "~" + number};
    nodes.push_back(std::make_shared<const PooledNode>(std::move(added)));
  }
  auto table = std::make_shared<const NodeTable>(std::move(nodes));
  NodeLoads loads(table->size(), table->width());
  for (NodeIndex node = 0; node < before; ++node)
    loads.set_row(node, snapshot_.loads.row(node));
  snapshot_.nodes = std::move(table);
  snapshot_.loads = std::move(loads);
  return {};
}

template <class ChangePod>
Result<void> WhatIf::change_pods(ChangePod change_pod) {
  const auto* found = snapshot_.waiting.find(workload_);
  if (found == nullptr)
    return fail(Code::NotFound, "no workload " + workload_.str() + " waits");
  auto workload = std::make_shared<Workload>(**found);
  bool changed = false;
  for (auto& pod : workload->waiting) {
    PodView view = *pod;
    changed = change_pod(view) || changed;
    pod = std::make_shared<const PodView>(std::move(view));
  }
  if (!changed)
    return fail(Code::NotFound, "no pod of the workload has it");
  workload->priority = workload->waiting.front()->priority;
  for (const auto& pod : workload->waiting)
    workload->priority = std::max(workload->priority, pod->priority);
  OrderedMap<WorkloadId, std::shared_ptr<const Workload>> waiting;
  snapshot_.waiting.for_each(
      [&](const WorkloadId& id, const std::shared_ptr<const Workload>& other) {
        waiting.set(id, other);
      });
  waiting.set(workload_, std::move(workload));
  snapshot_.waiting = waiting.snapshot();
  return {};
}

bool has_taint(const NodeTable& nodes, const std::string& key) {
  return std::ranges::any_of(nodes.nodes(), [&](const auto& node) {
    return std::ranges::count(node->view.taints, key, &Taint::key) > 0;
  });
}

bool drop(const DropConstraint& step, Constraints& constraints) {
  switch (step.kind) {
  case DropConstraint::Kind::NodeSelector: {
    Labels kept;
    for (const auto& [key, value] : constraints.node_selector)
      if (key != step.key)
        kept.set(key, value);
    return std::exchange(constraints.node_selector, kept) != constraints.node_selector;
  }
  case DropConstraint::Kind::NodeAffinity:
    return std::exchange(constraints.required_affinity, std::nullopt).has_value();
  case DropConstraint::Kind::DeviceModel:
    return !std::exchange(constraints.device_models, {}).empty();
  case DropConstraint::Kind::Taint: break;
  }
  constraints.tolerations.push_back({step.key, Toleration::Operator::Exists, {}, std::nullopt});
  return true;
}

/// The shapes that are made for one change. Equal shapes must stay one shape: rankings are made by
/// their address.
class NewShapes {
public:
  [[nodiscard]] ShapePtr one_of(const ShapePtr& shape) {
    for (const ShapePtr& known : known_)
      if (known == shape)
        return known;
    return known_.emplace_back(shape);
  }

private:
  std::vector<ShapePtr> known_;
};

Result<void> WhatIf::operator()(const DropConstraint& step) {
  if (step.kind == DropConstraint::Kind::Taint && !has_taint(*snapshot_.nodes, step.key))
    return fail(Code::NotFound, to_string(Step{step}) + ": no node has it");
  NewShapes shapes;
  auto done = change_pods([&](PodView& pod) {
    PodShape shape = *pod.shape;
    if (!drop(step, shape.constraints))
      return false;
    pod.shape = shapes.one_of(ShapePtr{std::move(shape)});
    return true;
  });
  if (!done)
    return fail(done.error().code, to_string(Step{step}) + ": " + done.error().message);
  return {};
}

/// The expression of a rule may look at the priority, so each is asked again whether it is for
/// them.
Result<void> WhatIf::operator()(const SetPriority& step) {
  const auto* workload = snapshot_.waiting.find(workload_);
  const QuotaName quota = workload == nullptr ? QuotaName{} : (*workload)->quota.quota;
  NewShapes shapes;
  return change_pods([&](PodView& pod) {
    pod.priority = step.to;
    if (!snapshot_.rules->empty())
      pod.shape = shapes.one_of(with_rules(
          pod.shape, snapshot_.rules->rules_of(pod, path_to_root(*snapshot_.quotas, quota))));
    return true;
  });
}

} // namespace

Result<ClusterSnapshot> with_change(const ClusterSnapshot& snapshot, const WorkloadId& workload,
                                    const Change& change) {
  ClusterSnapshot changed = snapshot;
  WhatIf what_if(changed, workload);
  for (const Step& step : change.steps)
    BERTH_CHECK(std::visit(what_if, step));
  return changed;
}

std::optional<Fate> fate_of(const Plan& plan, const WorkloadId& workload) {
  for (const Admission& admission : plan.admissions)
    if (admission.workload->id == workload) {
      Fate fate{true, {}, nullptr, std::nullopt};
      for (const MemberAdmission& member : admission.members)
        if (!member.record.planned_nodes.empty())
          fate.nodes.push_back(member.record.planned_nodes.front());
      return fate;
    }
  for (const Waiting& waiting : plan.waiting)
    if (waiting.workload->id == workload)
      return Fate{false, {}, waiting.why, waiting.planned_start};
  return std::nullopt;
}

} // namespace berth::allocation
