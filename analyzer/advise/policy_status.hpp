#pragma once
// What the analyzer says in the status of a ScalingPolicy: whether it has an effect, whether what
// it goes by is known, and on what it advises or why not. Pure.

#include "analyzer/advise/decide_workload.hpp"

namespace berth::analyzer {

/// Whether replicas follow the use of a resource, by this policy or by an autoscaler: then its
/// request is not to be changed.
[[nodiscard]] bool follows(const WorkloadView& view, const WorkloadSettings& settings,
                           const resources::ResourceName& resource);

/// Whether every pod that was asked for works.
[[nodiscard]] bool is_settled(const WorkloadView& view, const WorkloadFacts& facts);

/// The conditions Ready (what the policy goes by is measured), and where the policy has the action
/// ReplicasAdvised and RequestsAdvised; Acting, where its mode Auto is not carried out.
[[nodiscard]] api::ScalingPolicyStatus
policy_status(const WorkloadView& view, const WorkloadFacts& facts, const DecideContext& context);

/// Of the policy of a pool, which must have one. Ready says what `measured` says of the pool, and
/// SizeAdvised, where the policy has the action, what keeps it from being made smaller; Acting,
/// where its mode Auto is not carried out.
[[nodiscard]] api::ScalingPolicyStatus policy_status(const PoolView& view, const PoolFacts& facts,
                                                     const api::Condition& measured,
                                                     const DecideContext& context);

/// Ready is False, and says why.
[[nodiscard]] api::ScalingPolicyStatus policy_status(const IdlePolicy& idle, TimePoint now);

/// The recommendation that the plan writes, of several the most urgent; else it is as it was.
void note_written(api::ScalingPolicyStatus& status, const Plan& plan);

/// Has the status written where it says something else than the API does.
void write_status(Plan& plan, const api::ScalingPolicy& policy, api::ScalingPolicyStatus status);

} // namespace berth::analyzer
