#include "lib/allocation/rule_book.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "lib/base/ensure.hpp"

namespace berth::allocation {
namespace {

/// Whether a rule is for a pod.
enum class Match { No, Yes, Unknown };

/// The fields of a pod as rule_schema() lists them; made when the first expression asks.
class PodFields {
public:
  PodFields(const PodView& pod, std::span<const QuotaName> quotas) : pod_(pod), quotas_(quotas) {}

  [[nodiscard]] std::span<const cel::Value> values() {
    if (values_.empty())
      fill();
    return values_;
  }

private:
  void fill() {
    for (const auto& [name, amount] : pod_.requests())
      requests_.emplace_back(std::string(name.str()), amount.value());
    std::ranges::sort(requests_);
    labels_.assign(pod_.labels.begin(), pod_.labels.end());
    const std::string_view quota = quotas_.empty() ? "" : std::string_view(quotas_[0].str());
    values_ = {std::string_view(pod_.name),
               std::string_view(pod_.namespace_name),
               std::string_view(pod_.service_account),
               quota,
               std::int64_t{pod_.priority},
               cel::StringMap(labels_),
               cel::IntMap(requests_)};
    ensure(values_.size() == rule_schema().fields.size(), "each field has a value");
  }

  const PodView& pod_;
  std::span<const QuotaName> quotas_;
  std::vector<std::pair<std::string, std::int64_t>> requests_;
  std::vector<std::pair<std::string, std::string>> labels_;
  std::vector<cel::Value> values_;
};

bool fields_match(const RuleMatch& match, const PodView& pod, std::span<const QuotaName> quotas) {
  const auto is_named = [&](const QuotaName& quota) {
    return std::ranges::find(match.quotas, quota) != match.quotas.end();
  };
  if (!match.quotas.empty() && !std::ranges::any_of(quotas, is_named))
    return false;
  if (!match.namespaces.empty() &&
      std::ranges::find(match.namespaces, pod.namespace_name) == match.namespaces.end())
    return false;
  return !match.pod_selector || match.pod_selector->matches(pod.labels);
}

bool demands_something(const RuleEffect& effect) {
  return !effect.node_requirements.empty() || effect.spot == Spot::Forbid;
}

void add_demands(PoolRules& rules, const RuleSpec& rule, bool is_assumed) {
  for (const Requirement& requirement : rule.effect.node_requirements)
    rules.demands.push_back({rule.name, requirement, is_assumed});
  if (rule.effect.spot == Spot::Forbid)
    for (const auto& [label, value] : kSpotLabels)
      rules.demands.push_back(
          {rule.name,
           Requirement{std::string(label), SelectorOperator::NotIn, {std::string(value)}},
           is_assumed});
}

void add_wishes(PoolRules& rules, const RuleEffect& effect) {
  rules.preferences.insert(rules.preferences.end(), effect.preferences.begin(),
                           effect.preferences.end());
  if (effect.spot == Spot::Prefer) {
    RulePreference& spot = rules.preferences.emplace_back();
    for (const auto& [label, value] : kSpotLabels)
      spot.any_of.push_back(
          Requirement{std::string(label), SelectorOperator::In, {std::string(value)}});
  }
  rules.priority_offset += effect.priority_offset;
  if (effect.wait_max)
    rules.wait_max = rules.wait_max ? std::min(*rules.wait_max, *effect.wait_max) : effect.wait_max;
}

} // namespace

const cel::Schema& rule_schema() {
  using cel::Type;
  static const cel::Schema kSchema{"pod",
                                   {{"name", Type::String},
                                    {"namespace", Type::String},
                                    {"serviceAccountName", Type::String},
                                    {"quota", Type::String},
                                    {"priority", Type::Int},
                                    {"labels", Type::Strings},
                                    {"requests", Type::Ints}}};
  return kSchema;
}

std::vector<RuleFault> faults_of(const PolicySpec& policy) {
  std::vector<RuleFault> faults;
  for (const RuleSpec& rule : policy.rules)
    if (!rule.match.expression.empty())
      if (const auto compiled = cel::Expression::compile(rule.match.expression, rule_schema());
          !compiled)
        faults.push_back({rule.name, compiled.error().message});
  return faults;
}

RuleBook::RuleBook(std::span<const std::shared_ptr<const PolicySpec>> policies) {
  std::set<PoolName> taken;
  bool has_rest = false;
  std::optional<std::size_t> rest;
  for (const auto& spec : policies) {
    Policy policy;
    policy.is_rest = spec->pools.empty();
    for (const PoolName& pool : spec->pools)
      if (taken.insert(pool).second)
        policy.pools.push_back(pool);
    std::ranges::sort(policy.pools);
    const bool is_used = policy.is_rest ? !std::exchange(has_rest, true) : !policy.pools.empty();
    if (!is_used || spec->rules.empty())
      continue;
    for (const RuleSpec& rule : spec->rules) {
      Rule& compiled = policy.rules.emplace_back(Rule{rule, std::nullopt, false});
      if (rule.match.expression.empty())
        continue;
      auto expression = cel::Expression::compile(rule.match.expression, rule_schema());
      compiled.is_broken = !expression.has_value();
      if (expression)
        compiled.expression = *std::move(expression);
    }
    if (policy.is_rest)
      rest = policies_.size();
    policies_.push_back(std::move(policy));
  }
  if (rest)
    policies_[*rest].pools.assign(taken.begin(), taken.end());
}

std::vector<PoolRules> RuleBook::rules_of(const PodView& pod,
                                          std::span<const QuotaName> quotas) const {
  std::vector<PoolRules> found;
  PodFields fields(pod, quotas);
  const auto match = [&](const Rule& rule) {
    if (!fields_match(rule.spec.match, pod, quotas))
      return Match::No;
    if (rule.is_broken)
      return Match::Unknown;
    if (!rule.expression)
      return Match::Yes;
    const auto holds = rule.expression->evaluate(fields.values());
    if (!holds)
      return Match::Unknown;
    return *holds ? Match::Yes : Match::No;
  };
  for (const Policy& policy : policies_) {
    PoolRules rules{policy.pools, policy.is_rest};
    for (const Rule& rule : policy.rules) {
      const Match matched = match(rule);
      const bool counts = matched == Match::Yes ||
                          (matched == Match::Unknown && demands_something(rule.spec.effect));
      if (!counts)
        continue;
      rules.names.push_back(rule.spec.name);
      add_demands(rules, rule.spec, matched == Match::Unknown);
      if (matched == Match::Yes)
        add_wishes(rules, rule.spec.effect);
    }
    if (!rules.names.empty())
      found.push_back(std::move(rules));
  }
  return found;
}

} // namespace berth::allocation
