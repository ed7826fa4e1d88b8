#include "analyzer/external_metrics/label_selector.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <vector>

namespace berth::analyzer {
namespace {

using allocation::Requirement;
using allocation::Selector;
using allocation::SelectorOperator;

constexpr std::size_t kNameBytesMax = 63;
constexpr std::size_t kPrefixBytesMax = 253;
constexpr std::string_view kMarks = "=!<>(),";

bool is_alphanumeric(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_name_char(char c) {
  return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
}

/// The name part of a key, or a value that is not empty.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax && is_alphanumeric(text.front()) &&
         is_alphanumeric(text.back()) && std::ranges::all_of(text, is_name_char);
}

bool is_subdomain_label(std::string_view label) {
  const auto is_lower = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !label.empty() && is_lower(label.front()) && is_lower(label.back()) &&
         std::ranges::all_of(label, [&](char c) { return is_lower(c) || c == '-'; });
}

bool is_subdomain(std::string_view text) {
  if (text.size() > kPrefixBytesMax)
    return false;
  for (bool more = true; more;) {
    const auto dot = text.find('.');
    if (!is_subdomain_label(text.substr(0, dot)))
      return false;
    more = dot != std::string_view::npos;
    text.remove_prefix(more ? dot + 1 : 0);
  }
  return true;
}

bool is_key(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos)
    return is_name(text);
  return is_subdomain(text.substr(0, slash)) && is_name(text.substr(slash + 1));
}

bool is_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

/// Reads one selector from left to right.
class Parser {
public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<Selector> run() {
    Selector selector;
    if (token().empty())
      return selector;
    for (bool more = true; more;) {
      if (selector.requirements.size() == kSelectorRequirementsMax)
        return fail(Code::TooLarge, "labelSelector: has more than 32 requirements");
      BERTH_TRY(Requirement one, requirement());
      selector.requirements.push_back(std::move(one));
      more = take(",");
    }
    if (!token().empty())
      return unexpected("a comma or the end");
    return selector;
  }

private:
  /// The next mark or word, without taking it; empty at the end.
  std::string_view token() {
    const auto begin = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(begin, rest_.size()));
    if (rest_.empty())
      return {};
    if (kMarks.find(rest_.front()) == std::string_view::npos)
      return rest_.substr(0, rest_.find_first_of("=!<>(), \t\r\n"));
    const bool is_pair = rest_.starts_with("==") || rest_.starts_with("!=");
    return rest_.substr(0, is_pair ? 2 : 1);
  }
  bool take(std::string_view wanted) {
    if (token() != wanted)
      return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }
  /// A word; empty where a mark or the end stands.
  std::string word() {
    const std::string_view next = token();
    if (next.empty() || kMarks.find(next.front()) != std::string_view::npos)
      return {};
    rest_.remove_prefix(next.size());
    return std::string(next);
  }
  tl::unexpected<Error> unexpected(const char* wanted) {
    const std::string_view found = token();
    return fail(Code::Invalid, "labelSelector: must have " + std::string(wanted) +
                                   (found.empty() ? " where it ends"
                                                  : " where it has \"" + std::string(found) + '"'));
  }

  Result<Requirement> requirement() {
    Requirement one;
    const bool negated = take("!");
    one.key = word();
    if (!is_key(one.key))
      return fail(Code::Invalid, "labelSelector: \"" + one.key + "\" is not a label's key");
    const std::string_view next = token();
    if (negated || next.empty() || next == ",")
      one.op = negated ? SelectorOperator::DoesNotExist : SelectorOperator::Exists;
    else
      BERTH_CHECK(comparison(one, next));
    return one;
  }

  /// What follows a key: the operator and its values.
  Result<void> comparison(Requirement& one, std::string_view next) {
    if (take("=") || take("==") || take("!=")) {
      one.op = next == "!=" ? SelectorOperator::NotIn : SelectorOperator::In;
      one.values.push_back(word());
    } else if (take("<") || take(">")) {
      one.op = next == "<" ? SelectorOperator::Lt : SelectorOperator::Gt;
      one.values.push_back(word());
      if (!is_integer(one.values.front()))
        return fail(Code::Invalid,
                    "labelSelector: " + one.key + ": must be compared to an integer");
    } else if (take("in") || take("notin")) {
      one.op = next == "in" ? SelectorOperator::In : SelectorOperator::NotIn;
      BERTH_TRY(one.values, values());
    } else {
      return unexpected("an operator");
    }
    for (const std::string& value : one.values)
      if (!value.empty() && !is_name(value))
        return fail(Code::Invalid, "labelSelector: \"" + value + "\" is not a label's value");
    return {};
  }

  Result<std::vector<std::string>> values() {
    std::vector<std::string> found;
    if (!take("("))
      return unexpected("a list in parentheses");
    for (bool more = true; more;) {
      if (found.size() == kSelectorValuesMax)
        return fail(Code::TooLarge, "labelSelector: a list has more than 64 values");
      found.push_back(word());
      more = take(",");
    }
    if (!take(")"))
      return unexpected("a closing parenthesis");
    return found;
  }

  std::string_view rest_;
};

} // namespace

Result<Selector> parse_label_selector(std::string_view text) {
  if (text.size() > kSelectorBytesMax)
    return fail(Code::TooLarge, "labelSelector: is longer than 4096 bytes");
  return Parser(text).run();
}

} // namespace berth::analyzer
