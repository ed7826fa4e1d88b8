#include <catch2/catch.hpp>

#include "lib/allocation/node.hpp"
#include "lib/allocation/selector.hpp"

using namespace berth;
using namespace berth::allocation;
using Op = SelectorOperator;

namespace {

const Labels kLabels{{"zone", "eu-1"}, {"cores", "16"}, {"gpu", ""}};

bool matches(const char* key, Op op, std::vector<std::string> values = {}) {
  return Requirement{key, op, std::move(values)}.matches(kLabels);
}

} // namespace

TEST_CASE("label requirements match as Kubernetes says") {
  CHECK(matches("zone", Op::In, {"eu-2", "eu-1"}));
  CHECK_FALSE(matches("zone", Op::In, {"eu-2"}));
  CHECK_FALSE(matches("rack", Op::In, {"1"}));
  CHECK_FALSE(matches("zone", Op::NotIn, {"eu-1"}));
  CHECK(matches("zone", Op::NotIn, {"eu-2"}));
  CHECK(matches("rack", Op::NotIn, {"1"})); // a label that is not there is not in the list
  CHECK(matches("gpu", Op::Exists));
  CHECK_FALSE(matches("rack", Op::Exists));
  CHECK(matches("rack", Op::DoesNotExist));
  CHECK_FALSE(matches("gpu", Op::DoesNotExist));
  CHECK(matches("cores", Op::Gt, {"15"}));
  CHECK_FALSE(matches("cores", Op::Gt, {"16"}));
  CHECK(matches("cores", Op::Lt, {"17"}));
  CHECK_FALSE(matches("zone", Op::Gt, {"1"}));
  CHECK_FALSE(matches("rack", Op::Lt, {"1"}));
}

TEST_CASE("malformed requirements match nothing") {
  CHECK_FALSE(matches("zone", Op::In));
  CHECK_FALSE(matches("zone", Op::NotIn));
  CHECK_FALSE(matches("zone", Op::Exists, {"x"}));
  CHECK_FALSE(matches("rack", Op::DoesNotExist, {"x"}));
  CHECK_FALSE(matches("cores", Op::Gt, {"1", "2"}));
  CHECK_FALSE(matches("cores", Op::Lt, {"x"}));
  CHECK_FALSE(matches("cores", Op::Gt, {"99999999999999999999"}));
}

TEST_CASE("a selector needs all of its requirements; an empty one matches everything") {
  CHECK(Selector{}.matches(kLabels));
  CHECK(Selector::of({{"zone", "eu-1"}, {"cores", "16"}}).matches(kLabels));
  CHECK_FALSE(Selector::of({{"zone", "eu-1"}, {"cores", "8"}}).matches(kLabels));
  CHECK(selector_operator_from("NotIn") == Op::NotIn);
  CHECK_FALSE(selector_operator_from("in"));
}

TEST_CASE("labels keep one value per key, sorted") {
  Labels labels{{"b", "1"}, {"a", "2"}, {"b", "3"}};
  CHECK(labels == Labels{{"a", "2"}, {"b", "3"}});
  CHECK(*labels.find("b") == "3");
  CHECK(labels.find("c") == nullptr);
}

TEST_CASE("node affinity: terms are alternatives, an empty term and an empty list match nothing") {
  NodeView node;
  node.name = NodeName{"n1"};
  node.labels = kLabels;
  Constraints constraints;
  CHECK(selectors_match(node, constraints));
  constraints.required_affinity.emplace();
  CHECK_FALSE(selectors_match(node, constraints));
  constraints.required_affinity->push_back({});
  CHECK_FALSE(selectors_match(node, constraints));
  constraints.required_affinity->push_back({{{"zone", Op::In, {"eu-1"}}}, {}});
  CHECK(selectors_match(node, constraints));
  constraints.node_selector.set("zone", "eu-2"); // both must hold
  CHECK_FALSE(selectors_match(node, constraints));
}

TEST_CASE("match fields know the node's name and nothing else") {
  const auto matches_node = [](Requirement field) {
    return NodeSelectorTerm{{}, {std::move(field)}}.matches(kLabels, NodeName{"n1"});
  };
  CHECK(matches_node({"metadata.name", Op::In, {"n1"}}));
  CHECK_FALSE(matches_node({"metadata.name", Op::In, {"n2"}}));
  CHECK(matches_node({"metadata.name", Op::NotIn, {"n2"}}));
  CHECK_FALSE(matches_node({"metadata.name", Op::NotIn, {"n1"}}));
  CHECK_FALSE(matches_node({"metadata.name", Op::Exists, {}}));
  CHECK_FALSE(matches_node({"metadata.namespace", Op::In, {"n1"}}));
}

TEST_CASE("tolerations tolerate by key, operator, value and effect") {
  const Taint taint{"dedicated", "gpu", TaintEffect::NoSchedule};
  const auto tolerates = [&](Toleration toleration) { return toleration.tolerates(taint); };
  using Operator = Toleration::Operator;
  CHECK(tolerates({"dedicated", Operator::Equal, "gpu", {}}));
  CHECK(tolerates({"dedicated", Operator::Equal, "gpu", TaintEffect::NoSchedule}));
  CHECK_FALSE(tolerates({"dedicated", Operator::Equal, "gpu", TaintEffect::NoExecute}));
  CHECK_FALSE(tolerates({"dedicated", Operator::Equal, "cpu", {}}));
  CHECK(tolerates({"dedicated", Operator::Exists, "", {}}));
  CHECK(tolerates({"", Operator::Exists, "", {}}));
  CHECK_FALSE(tolerates({"", Operator::Equal, "gpu", {}}));
  CHECK_FALSE(tolerates({"other", Operator::Exists, "", {}}));
}

TEST_CASE("a taint that only prefers keeps nobody away") {
  NodeView node;
  node.taints = {{"soft", "", TaintEffect::PreferNoSchedule}};
  CHECK(untolerated_taint(node, {}) == nullptr);
  node.taints.push_back({"hard", "", TaintEffect::NoExecute});
  REQUIRE(untolerated_taint(node, {}) != nullptr);
  CHECK(untolerated_taint(node, {})->key == "hard");
}
