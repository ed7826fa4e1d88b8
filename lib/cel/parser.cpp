#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "lib/cel/syntax.hpp"
#include "lib/cel/token.hpp"

namespace berth::cel {
namespace {

struct Word {
  std::string_view text;
  Op op;
};

constexpr std::array<Word, 7> kRelations{{{"==", Op::Equal},
                                          {"!=", Op::NotEqual},
                                          {"<=", Op::LessOrEqual},
                                          {">=", Op::GreaterOrEqual},
                                          {"<", Op::Less},
                                          {">", Op::Greater},
                                          {"in", Op::In}}};
constexpr std::array<Word, 3> kMethods{
    {{"startsWith", Op::StartsWith}, {"endsWith", Op::EndsWith}, {"contains", Op::Contains}}};
constexpr std::string_view kFunctions = "has(), startsWith(), endsWith() and contains()";

class Parser {
public:
  Parser(std::vector<Token> tokens, const Limits& limits)
      : tokens_(std::move(tokens)), limits_(limits) {}

  Result<Tree> run() {
    BERTH_TRY(tree_.root, expression());
    if (peek().kind != Token::Kind::End)
      return fail(fault_at(peek().position, "expected an operator, found " + shown(peek())));
    return std::move(tree_);
  }

private:
  /// One level deeper for as long as it lives.
  class Deeper {
  public:
    explicit Deeper(std::size_t& depth) : depth_(depth) { ++depth_; }
    ~Deeper() { --depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

  private:
    std::size_t& depth_;
  };

  Result<NodeId> expression();
  Result<NodeId> chain(std::string_view symbol, Op op, Result<NodeId> (Parser::*operand)());
  Result<NodeId> either() { return chain("||", Op::Or, &Parser::both); }
  Result<NodeId> both() { return chain("&&", Op::And, &Parser::relation); }
  Result<NodeId> relation();
  Result<NodeId> unary();
  Result<NodeId> member();
  Result<NodeId> after_dot(NodeId of);
  Result<NodeId> primary();
  Result<NodeId> named(const Token& name);
  Result<NodeId> integer(bool is_negative);
  Result<NodeId> list(std::size_t position);
  Result<void> expect(std::string_view symbol);

  [[nodiscard]] const Token& peek() const { return tokens_[at_]; }
  const Token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  [[nodiscard]] bool sees(std::string_view word) const {
    const bool is_word = peek().kind == Token::Kind::Symbol || peek().kind == Token::Kind::Name;
    return is_word && peek().text == word;
  }
  bool took(std::string_view word) {
    const bool is_there = sees(word);
    if (is_there)
      static_cast<void>(take());
    return is_there;
  }
  static std::string shown(const Token& token) {
    return token.kind == Token::Kind::End ? "the end" : "'" + token.text + "'";
  }
  Result<NodeId> add(Node node) {
    if (tree_.nodes.size() >= limits_.nodes_max)
      return fail(fault_at(node.position, "the expression has more than " +
                                              std::to_string(limits_.nodes_max) + " parts"));
    tree_.nodes.push_back(std::move(node));
    return static_cast<NodeId>(tree_.nodes.size() - 1);
  }
  [[nodiscard]] Result<void> not_too_deep() const {
    if (depth_ > limits_.depth_max)
      return fail(fault_at(peek().position,
                           "nested more than " + std::to_string(limits_.depth_max) + " deep"));
    return {};
  }

  std::vector<Token> tokens_;
  Limits limits_;
  Tree tree_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

Result<NodeId> Parser::expression() {
  const Deeper deeper(depth_);
  BERTH_CHECK(not_too_deep());
  BERTH_TRY(const NodeId condition, either());
  const std::size_t position = peek().position;
  if (!took("?"))
    return condition;
  BERTH_TRY(const NodeId then, either());
  BERTH_CHECK(expect(":"));
  BERTH_TRY(const NodeId otherwise, expression());
  return add(Node{Op::Conditional, position, {condition, then, otherwise}});
}

/// One node for all operands, however many: a long chain is not deep.
Result<NodeId> Parser::chain(std::string_view symbol, Op op, Result<NodeId> (Parser::*operand)()) {
  BERTH_TRY(const NodeId first, (this->*operand)());
  if (!sees(symbol))
    return first;
  Node node{op, peek().position, {first}};
  while (took(symbol)) {
    BERTH_TRY(const NodeId next, (this->*operand)());
    node.args.push_back(next);
  }
  return add(std::move(node));
}

Result<NodeId> Parser::relation() {
  BERTH_TRY(const NodeId left, unary());
  for (const Word& word : kRelations) {
    const std::size_t position = peek().position;
    if (!took(word.text))
      continue;
    BERTH_TRY(const NodeId right, unary());
    for (const Word& again : kRelations)
      if (sees(again.text))
        return fail(fault_at(peek().position, "comparisons in a row need parentheses"));
    return add(Node{word.op, position, {left, right}});
  }
  return left;
}

Result<NodeId> Parser::unary() {
  const Deeper deeper(depth_);
  BERTH_CHECK(not_too_deep());
  const std::size_t position = peek().position;
  if (took("!")) {
    BERTH_TRY(const NodeId operand, unary());
    return add(Node{Op::Not, position, {operand}});
  }
  if (!took("-"))
    return member();
  if (peek().kind != Token::Kind::Int)
    return fail(fault_at(position, "arithmetic is not supported; '-' stands before a number only"));
  return integer(true);
}

Result<NodeId> Parser::member() {
  BERTH_TRY(NodeId of, primary());
  std::size_t links = 0;
  while (true) {
    const std::size_t position = peek().position;
    if (took(".")) {
      BERTH_TRY(of, after_dot(of));
    } else if (took("[")) {
      BERTH_TRY(const NodeId key, expression());
      BERTH_CHECK(expect("]"));
      BERTH_TRY(of, add(Node{Op::Index, position, {of, key}}));
    } else {
      return of;
    }
    if (++links > limits_.depth_max)
      return fail(
          fault_at(position, "nested more than " + std::to_string(limits_.depth_max) + " deep"));
  }
}

/// A field, or a function of the text before the dot.
Result<NodeId> Parser::after_dot(NodeId of) {
  const Token name = take();
  if (name.kind != Token::Kind::Name)
    return fail(fault_at(name.position, "expected a field after '.', found " + shown(name)));
  if (!took("("))
    return add(Node{Op::Select, name.position, {of}, 0, name.text});
  const auto* method = std::ranges::find(kMethods, name.text, &Word::text);
  if (method == kMethods.end())
    return fail(fault_at(name.position, "unknown function " + name.text + "(); there are " +
                                            std::string(kFunctions)));
  BERTH_TRY(const NodeId argument, expression());
  BERTH_CHECK(expect(")"));
  return add(Node{method->op, name.position, {of, argument}});
}

Result<NodeId> Parser::primary() {
  const Token token = peek();
  if (token.kind == Token::Kind::Int)
    return integer(false);
  static_cast<void>(take());
  if (token.kind == Token::Kind::Name)
    return named(token);
  if (token.kind == Token::Kind::String)
    return add(Node{Op::String, token.position, {}, 0, token.text});
  if (token.text == "(" && token.kind == Token::Kind::Symbol) {
    BERTH_TRY(const NodeId inner, expression());
    BERTH_CHECK(expect(")"));
    return inner;
  }
  if (token.text == "[" && token.kind == Token::Kind::Symbol)
    return list(token.position);
  return fail(fault_at(token.position, "expected a value, found " + shown(token)));
}

Result<NodeId> Parser::named(const Token& name) {
  if (name.text == "true" || name.text == "false")
    return add(Node{Op::Bool, name.position, {}, name.text == "true" ? 1 : 0});
  if (name.text == "null" || name.text == "in")
    return fail(fault_at(name.position, "'" + name.text + "' cannot stand for a value here"));
  if (!took("("))
    return add(Node{Op::Variable, name.position, {}, 0, name.text});
  if (name.text != "has")
    return fail(fault_at(name.position, "unknown function " + name.text + "(); there are " +
                                            std::string(kFunctions)));
  BERTH_TRY(const NodeId field, expression());
  BERTH_CHECK(expect(")"));
  if (tree_[field].op != Op::Select)
    return fail(fault_at(name.position, "has() takes a field, as in has(pod.labels.app)"));
  return add(Node{Op::Has, name.position, {field}});
}

Result<NodeId> Parser::integer(bool is_negative) {
  const Token token = take();
  const std::string digits = (is_negative ? "-" : "") + token.text;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size())
    return fail(fault_at(token.position, "the number does not fit 64 bits"));
  return add(Node{Op::Int, token.position, {}, value});
}

Result<NodeId> Parser::list(std::size_t position) {
  Node node{Op::List, position};
  while (!sees("]")) {
    BERTH_TRY(const NodeId element, expression());
    node.args.push_back(element);
    if (!took(","))
      break;
  }
  BERTH_CHECK(expect("]"));
  return add(std::move(node));
}

Result<void> Parser::expect(std::string_view symbol) {
  if (took(symbol))
    return {};
  return fail(
      fault_at(peek().position, "expected '" + std::string(symbol) + "', found " + shown(peek())));
}

} // namespace

Result<Tree> parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.text_bytes_max)
    return fail(fault_at(limits.text_bytes_max, "the expression is longer than " +
                                                    std::to_string(limits.text_bytes_max) +
                                                    " bytes"));
  BERTH_TRY(std::vector<Token> tokens, tokens_of(text));
  return Parser(std::move(tokens), limits).run();
}

} // namespace berth::cel
