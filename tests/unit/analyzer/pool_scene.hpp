#pragma once
// The pool "p" that a MachineDeployment grows and shrinks, what its policy asks for, and what the
// analyzer then does about it: no API server, and time is given.

#include <catch2/catch.hpp>

#include "analyzer/advise/auto_pool.hpp"
#include "analyzer/advise/recommendation.hpp"

namespace berth::analyzer {

/// Ten nodes with 10 cores each, of which 30 are charged; between 2 and 20 nodes.
struct PoolScene {
  using Kind = api::RecommendationKind;

  PoolScene() {
    pool.meta.name = "p";
    pool.meta.uid = "pool-uid";
    auto& elastic = pool.spec.elastic.emplace();
    elastic.min_nodes = 2;
    elastic.max_nodes = 20;
    elastic.provider = api::ElasticProvider::ClusterAPI;
    elastic.provider_ref = api::ProviderRef{std::nullopt, "capi", "workers"};
    policy.meta.ns = "berth-system";
    policy.meta.name = "p";
    policy.spec.mode = api::ScalingMode::Auto;
    machines.key = {"capi", "workers"};
    machines.version = "v1beta2";
    machines.resource_version = "41";
    set_nodes(10);
    set_machines(10, 10);
    set_charged(30);
  }

  /// So many nodes are there, and all take work.
  void set_nodes(std::int32_t number) {
    usage.nodes = number;
    nodes.assign(static_cast<std::size_t>(number), MeasuredNode{});
  }
  void set_machines(std::int32_t asked, std::int32_t ready) {
    machines.asked = asked;
    machines.present = asked;
    machines.ready = ready;
  }
  /// Cores that are charged to the pool.
  void set_charged(std::int64_t cores) {
    api::PoolResourceStatus cpu;
    cpu.name = resources::ResourceName::cpu();
    cpu.allocatable = resources::Amount{usage.nodes * 10'000};
    cpu.allocated = resources::Amount{cores * 1000};
    pool.status.resources = {cpu};
  }

  /// What is done now that what is measured asks for so many nodes.
  Plan ask(Kind kind, std::int32_t wanted) {
    asked_last = recommend(kind, wanted);
    return act(asked_last);
  }
  /// What is done now that what is measured asks for nothing.
  Plan look() { return act(std::nullopt); }
  /// `wanted`: the recommendation that what is measured asks for.
  Plan act(const std::optional<api::ObjectKey>& wanted) {
    PoolView view;
    view.pool = std::make_shared<const api::ResourcePool>(pool);
    view.policy = std::make_shared<const api::ScalingPolicy>(policy);
    view.nodes = nodes;
    view.waiting = waiting;
    for (const auto& [name, one] : recommendations)
      view.recommendations.push_back(std::make_shared<const api::ScalingRecommendation>(one));
    PoolFacts facts;
    facts.usage = usage;
    facts.provider = provider ? *provider : provider_of(machines);
    Plan plan;
    act_on_pool(plan, {view, facts, wanted, is_operator_dead}, now);
    for (const auto& changed : plan.changed)
      recommendations.at(changed.meta.name).status = changed.status;
    return plan;
  }
  /// The same, and the provider takes what it is asked for.
  Plan carry_out(Kind kind, std::int32_t wanted) {
    Plan plan = ask(kind, wanted);
    if (plan.pool_change) {
      policy.status.last_applied_at = std::chrono::floor<std::chrono::seconds>(now);
      machines.asked = plan.pool_change->machines->to;
      machines.present = machines.asked;
    }
    return plan;
  }
  Plan grow(std::int32_t wanted) { return carry_out(Kind::GrowPool, wanted); }
  Plan shrink(std::int32_t wanted) { return carry_out(Kind::ShrinkPool, wanted); }
  /// All machines that were asked for are nodes, and no others.
  void follow() {
    set_machines(machines.asked, machines.asked);
    const std::int64_t cores = pool.status.resources[0].allocated->value() / 1000;
    set_nodes(machines.asked + other_nodes);
    set_charged(cores);
  }
  /// What became of the only recommendation within the hour after it was written.
  api::ScalingRecommendationStatus& fare(api::OutcomeResult result) {
    auto& status = recommendations.begin()->second.status;
    status.outcome = api::RecommendationOutcome{};
    status.outcome->result = result;
    status.outcome->measured_at = now + std::chrono::hours{1};
    return status;
  }

  /// The condition Applied of what was asked for last.
  [[nodiscard]] const api::Condition& applied() const {
    const auto* found =
        api::find_condition(recommendations.at(asked_last.name).status.conditions, "Applied");
    REQUIRE(found != nullptr);
    return *found;
  }

  api::ResourcePool pool{};
  api::ScalingPolicy policy{};
  std::vector<MeasuredNode> nodes{};
  PoolUsage usage{};
  WaitingWork waiting{};
  MachineGroup machines{};
  std::optional<PoolProvider> provider{}; ///< instead of the machines
  std::int32_t other_nodes = 0;           ///< of the pool, and not of the machines
  bool is_operator_dead = false;
  TimePoint now{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2}};
  std::map<std::string, api::ScalingRecommendation> recommendations{};
  api::ObjectKey asked_last{};

private:
  api::ObjectKey recommend(Kind kind, std::int32_t wanted) {
    Finding finding;
    finding.meta.ns = "berth-system";
    finding.spec.target_ref = {api::ScalingTargetKind::ResourcePool, "p"};
    finding.spec.kind = kind;
    const char* bound = kind == Kind::GrowPool ? "minNodes" : "maxNodes";
    finding.spec.action.patch =
        std::string(R"({"spec":{"elastic":{")") + bound + "\":" + std::to_string(wanted) + "}}}";
    const auto one = recommendation_for(finding, std::chrono::minutes{15}, now);
    recommendations.try_emplace(one.meta.name, one);
    return one.meta.key();
  }
};

} // namespace berth::analyzer
