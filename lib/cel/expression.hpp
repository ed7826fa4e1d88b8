#pragma once
// Expression: a condition in a small subset of CEL (cel.dev): true, false, integers and texts; the
// fields of one variable; map[key], key in map, value in [list]; has(); && || ! == != < <= > >=,
// ?: and parentheses; startsWith(), endsWith(), contains(). What is in the subset means what it
// means in CEL, errors included; what is not is refused by name. Types are checked when it is
// compiled, so that only a missing key and the cost can fail later.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/cel/syntax.hpp"
#include "lib/cel/value.hpp"

namespace berth::cel {

class Expression {
public:
  /// Invalid, with the column and what is wrong there.
  [[nodiscard]] static Result<Expression> compile(std::string_view text, const Schema& schema,
                                                  const Limits& limits = {});

  /// `fields`: a value for each field of the schema, of its type. Invalid if the answer depends on
  /// a key that is missing, or costs too much. As CEL has it, && and || pass over an error on one
  /// side where the other side decides.
  [[nodiscard]] Result<bool> evaluate(std::span<const Value> fields) const;

  [[nodiscard]] const std::string& text() const { return text_; }
  /// Whether some part looks at the field with that index in the schema.
  [[nodiscard]] bool reads(std::size_t field) const;

  /// Steps of one evaluation; comparing texts costs one for each kCostBytes.
  static constexpr std::size_t kCostMax = 10'000;
  static constexpr std::size_t kCostBytes = 64;

private:
  Expression(std::string text, Tree tree) : text_(std::move(text)), tree_(std::move(tree)) {}

  std::string text_;
  Tree tree_;
};

} // namespace berth::cel
