#pragma once
// Rules of an AllocationPolicy, and a world of two regions for them.

#include <string>
#include <utility>
#include <vector>

#include "lib/allocation/rule_book.hpp"
#include "tests/support/allocation/carry_out.hpp"

namespace berth::allocation::testing {

inline NodeView labelled(const std::string& name, std::int64_t cores, Labels labels) {
  NodeView view = node(name, cores);
  for (const auto& [key, value] : labels)
    view.labels.set(key, value);
  return view;
}

inline Requirement in(std::string key, std::vector<std::string> values) {
  return {std::move(key), SelectorOperator::In, std::move(values)};
}
inline Requirement not_in(std::string key, std::vector<std::string> values) {
  return {std::move(key), SelectorOperator::NotIn, std::move(values)};
}

inline RuleSpec rule(std::string name) {
  RuleSpec spec;
  spec.name = std::move(name);
  return spec;
}

/// Demands region=eu of all work, or of that which `expression` holds for.
inline RuleSpec in_europe(std::string expression = "") {
  RuleSpec spec = rule("in-europe");
  spec.match.expression = std::move(expression);
  spec.effect.node_requirements = {in("region", {"eu"})};
  return spec;
}

inline PolicySpec with_rules(std::vector<RuleSpec> rules) {
  PolicySpec policy;
  policy.created = kNow - 24h;
  policy.rules = std::move(rules);
  return policy;
}

/// Pool "p" of us-1 and eu-1 with 8 cores each, in which team-a has a quota under "org".
struct RuleWorld : World {
  explicit RuleWorld(std::vector<RuleSpec> rules) {
    add_all(pool("p"), labelled("eu-1", 8, {{"region", "eu"}}),
            labelled("us-1", 8, {{"region", "us"}}), quota("org").pool("p").cpu(32),
            quota("team-a").under("org").of("team-a").pool("p").cpu(32),
            quota("team-b").of("team-b").pool("p").cpu(32), with_rules(std::move(rules)));
  }
};

} // namespace berth::allocation::testing
