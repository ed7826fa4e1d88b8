#include "lib/cel/expression.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/ensure.hpp"
#include "lib/cel/token.hpp"

namespace berth::cel {
namespace {

template <class Map>
auto find_in(const Map& map, std::string_view key) {
  const auto at = std::ranges::lower_bound(
      map, key, {}, [](const auto& entry) { return std::string_view(entry.first); });
  return at != map.end() && at->first == key ? at : map.end();
}

bool has_key(const Value& map, std::string_view key) {
  if (const auto* texts = std::get_if<StringMap>(&map))
    return find_in(*texts, key) != texts->end();
  const auto& numbers = std::get<IntMap>(map);
  return find_in(numbers, key) != numbers.end();
}

std::size_t bytes_of(const Value& value) {
  const auto* text = std::get_if<std::string_view>(&value);
  return text == nullptr ? 0 : text->size();
}

/// Of one type, which is not a map.
std::strong_ordering order(const Value& left, const Value& right) {
  if (const auto* number = std::get_if<std::int64_t>(&left))
    return *number <=> std::get<std::int64_t>(right);
  if (const auto* text = std::get_if<std::string_view>(&left))
    return *text <=> std::get<std::string_view>(right);
  return static_cast<int>(std::get<bool>(left)) <=> static_cast<int>(std::get<bool>(right));
}

class Evaluation {
public:
  Evaluation(const Tree& tree, std::span<const Value> fields) : tree_(tree), fields_(fields) {}

  Result<Value> value(NodeId id);

private:
  Result<Value> select(const Node& node);
  [[nodiscard]] Result<Value> at_key(const Node& node, const Value& map,
                                     std::string_view key) const;
  Result<Value> has(const Node& node);
  Result<Value> chain(const Node& node);
  Result<Value> compare(const Node& node);
  Result<Value> contained(const Node& node);
  Result<Value> match(const Node& node);
  Result<void> pay(const Node& node, std::size_t bytes);

  const Tree& tree_;
  std::span<const Value> fields_;
  std::size_t cost_ = 0;
};

Result<Value> Evaluation::value(NodeId id) {
  const Node& node = tree_[id];
  BERTH_CHECK(pay(node, 0));
  switch (node.op) {
  case Op::Bool: return Value(node.number != 0);
  case Op::Int: return Value(node.number);
  case Op::String: return Value(std::string_view(node.text));
  case Op::Select: return select(node);
  case Op::Index: {
    BERTH_TRY(const Value map, value(node.args[0]));
    BERTH_TRY(const Value key, value(node.args[1]));
    return at_key(node, map, std::get<std::string_view>(key));
  }
  case Op::Has: return has(node);
  case Op::Not: {
    BERTH_TRY(const Value operand, value(node.args[0]));
    return Value(!std::get<bool>(operand));
  }
  case Op::And:
  case Op::Or: return chain(node);
  case Op::In: return contained(node);
  case Op::Conditional: {
    BERTH_TRY(const Value condition, value(node.args[0]));
    return value(node.args[std::get<bool>(condition) ? 1 : 2]);
  }
  case Op::StartsWith:
  case Op::EndsWith:
  case Op::Contains: return match(node);
  case Op::Variable:
  case Op::List: ensure(false, "the checker lets neither stand for a value"); break;
  default: break;
  }
  return compare(node);
}

Result<Value> Evaluation::select(const Node& node) {
  if (tree_[node.args[0]].op == Op::Variable)
    return fields_[static_cast<std::size_t>(node.number)];
  BERTH_TRY(const Value map, value(node.args[0]));
  return at_key(node, map, node.text);
}

Result<Value> Evaluation::at_key(const Node& node, const Value& map, std::string_view key) const {
  if (const auto* texts = std::get_if<StringMap>(&map)) {
    if (const auto found = find_in(*texts, key); found != texts->end())
      return Value(std::string_view(found->second));
  } else {
    const auto& numbers = std::get<IntMap>(map);
    if (const auto found = find_in(numbers, key); found != numbers.end())
      return Value(found->second);
  }
  return fail(fault_at(node.position, "there is no key '" + std::string(key) + "'"));
}

/// A field of the variable is there unless it is empty, as Kubernetes leaves such fields out.
Result<Value> Evaluation::has(const Node& node) {
  const Node& field = tree_[node.args[0]];
  if (tree_[field.args[0]].op != Op::Variable) {
    BERTH_TRY(const Value map, value(field.args[0]));
    return Value(has_key(map, field.text));
  }
  const Value& there = fields_[static_cast<std::size_t>(field.number)];
  return Value(std::visit(
      [](const auto& of) {
        if constexpr (requires { of.empty(); })
          return !of.empty();
        else
          return true;
      },
      there));
}

/// The first operand that decides does, whatever others fail with.
Result<Value> Evaluation::chain(const Node& node) {
  const bool deciding = node.op == Op::Or;
  std::optional<Error> fault;
  for (const NodeId arg : node.args) {
    auto operand = value(arg);
    if (!operand)
      fault = fault ? std::move(fault) : std::optional(std::move(operand).error());
    else if (std::get<bool>(*operand) == deciding)
      return Value(deciding);
  }
  if (fault)
    return fail(*std::move(fault));
  return Value(!deciding);
}

Result<Value> Evaluation::compare(const Node& node) {
  BERTH_TRY(const Value left, value(node.args[0]));
  BERTH_TRY(const Value right, value(node.args[1]));
  BERTH_CHECK(pay(node, std::min(bytes_of(left), bytes_of(right))));
  const std::strong_ordering found = order(left, right);
  switch (node.op) {
  case Op::Equal: return Value(found == 0);
  case Op::NotEqual: return Value(found != 0);
  case Op::Less: return Value(found < 0);
  case Op::LessOrEqual: return Value(found <= 0);
  case Op::Greater: return Value(found > 0);
  default: return Value(found >= 0);
  }
}

Result<Value> Evaluation::contained(const Node& node) {
  BERTH_TRY(const Value sought, value(node.args[0]));
  const Node& in = tree_[node.args[1]];
  if (in.op != Op::List) {
    BERTH_TRY(const Value map, value(node.args[1]));
    return Value(has_key(map, std::get<std::string_view>(sought)));
  }
  bool is_there = false;
  for (const NodeId arg : in.args) {
    BERTH_TRY(const Value element, value(arg));
    BERTH_CHECK(pay(node, std::min(bytes_of(sought), bytes_of(element))));
    is_there = is_there || order(sought, element) == 0;
  }
  return Value(is_there);
}

Result<Value> Evaluation::match(const Node& node) {
  BERTH_TRY(const Value of, value(node.args[0]));
  BERTH_TRY(const Value argument, value(node.args[1]));
  const auto text = std::get<std::string_view>(of);
  const auto part = std::get<std::string_view>(argument);
  if (node.op == Op::Contains) {
    BERTH_CHECK(pay(node, text.size() * std::max<std::size_t>(part.size(), 1)));
    return Value(text.find(part) != std::string_view::npos);
  }
  BERTH_CHECK(pay(node, part.size()));
  return Value(node.op == Op::StartsWith ? text.starts_with(part) : text.ends_with(part));
}

Result<void> Evaluation::pay(const Node& node, std::size_t bytes) {
  cost_ += 1 + bytes / Expression::kCostBytes;
  if (cost_ > Expression::kCostMax)
    return fail(fault_at(node.position, "the evaluation takes more than " +
                                            std::to_string(Expression::kCostMax) + " steps"));
  return {};
}

} // namespace

Result<Expression> Expression::compile(std::string_view text, const Schema& schema,
                                       const Limits& limits) {
  BERTH_TRY(Tree tree, parse(text, limits));
  BERTH_TRY(const Type type, check(tree, schema));
  if (type != Type::Bool)
    return fail(fault_at(tree[tree.root].position,
                         "the expression must be a bool, not a " + std::string(to_string(type))));
  return Expression(std::string(text), std::move(tree));
}

Result<bool> Expression::evaluate(std::span<const Value> fields) const {
  BERTH_TRY(const Value value, Evaluation(tree_, fields).value(tree_.root));
  return std::get<bool>(value);
}

bool Expression::reads(std::size_t field) const {
  return std::ranges::any_of(tree_.nodes, [&](const Node& node) {
    return node.op == Op::Select && tree_[node.args[0]].op == Op::Variable &&
           std::cmp_equal(node.number, field);
  });
}

} // namespace berth::cel
