#pragma once
// The syntax tree of an expression: nodes in one list, children by index, so that it is copied and
// walked without pointers. Made by parse(), checked by check(), walked by Expression.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/cel/value.hpp"

namespace berth::cel {

using NodeId = std::uint16_t;

enum class Op : std::uint8_t {
  Bool,     ///< literal: number is 0 or 1
  Int,      ///< literal: number
  String,   ///< literal: text
  Variable, ///< text
  Select,   ///< args[0].text; of the variable: number is the field's index, once checked
  Index,    ///< args[0][args[1]]
  Has,      ///< has(args[0]), a Select
  Not,
  And,
  Or,
  Equal,
  NotEqual,
  Less,
  LessOrEqual,
  Greater,
  GreaterOrEqual,
  In,          ///< args[0] in args[1]: a List or a map
  Conditional, ///< args[0] ? args[1] : args[2]
  List,        ///< args
  StartsWith,  ///< args[0].startsWith(args[1]), and so on
  EndsWith,
  Contains,
};

struct Node {
  Op op = Op::Bool;
  std::size_t position = 0; ///< of the byte to point at
  std::vector<NodeId> args{};
  std::int64_t number = 0;
  std::string text{};
};

struct Tree {
  std::vector<Node> nodes{};
  NodeId root = 0;

  [[nodiscard]] const Node& operator[](NodeId id) const { return nodes[id]; }
};

struct Limits {
  std::size_t text_bytes_max = 1024;
  /// Of parentheses, brackets and prefixes inside one another.
  std::size_t depth_max = 32;
  std::size_t nodes_max = 512;
};

/// Invalid for what is not in the subset, naming it and its column.
[[nodiscard]] Result<Tree> parse(std::string_view text, const Limits& limits);

/// Resolves fields and says what the expression is. Invalid for unknown names and for operands of
/// the wrong types.
[[nodiscard]] Result<Type> check(Tree& tree, const Schema& schema);

} // namespace berth::cel
