#include "tests/support/simulation/selector.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include <fmt/format.h>

namespace berth::simulation {
namespace {

using Operator = Requirement::Operator;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
    text.remove_suffix(1);
  return text;
}

/// Splits at commas that are not inside parentheses.
std::vector<std::string> split_terms(std::string_view text) {
  std::vector<std::string> terms;
  std::string term;
  int depth = 0;
  for (const char letter : text) {
    depth += letter == '(' ? 1 : letter == ')' ? -1 : 0;
    if (letter == ',' && depth == 0) {
      terms.push_back(std::exchange(term, {}));
    } else {
      term += letter;
    }
  }
  terms.push_back(term);
  return terms;
}

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char letter) {
    return std::isalnum(letter) || letter == '-' || letter == '_' || letter == '.' || letter == '/';
  });
}

/// "key in (a, b)" and "key notin (a)".
std::optional<Requirement> parse_set(std::string_view term) {
  const auto open = term.find('(');
  if (open == std::string_view::npos || term.back() != ')')
    return std::nullopt;
  const std::string_view head = trimmed(term.substr(0, open));
  const auto space = head.find_first_of(" \t");
  if (space == std::string_view::npos)
    return std::nullopt;
  const std::string_view word = trimmed(head.substr(space));
  if (word != "in" && word != "notin")
    return std::nullopt;
  Requirement requirement{std::string(head.substr(0, space)),
                          word == "in" ? Operator::In : Operator::NotIn};
  for (const auto& value : split_terms(term.substr(open + 1, term.size() - open - 2)))
    requirement.values.emplace(trimmed(value));
  return is_word(requirement.key) ? std::optional(requirement) : std::nullopt;
}

std::optional<Requirement> parse_requirement(std::string_view term) {
  if (term.find('(') != std::string_view::npos)
    return parse_set(term);
  Requirement requirement;
  if (const auto equals = term.find('='); equals != std::string_view::npos) {
    const bool negated = equals > 0 && term[equals - 1] == '!';
    const bool doubled = equals + 1 < term.size() && term[equals + 1] == '=';
    requirement.op = negated ? Operator::NotIn : Operator::In;
    requirement.key = trimmed(term.substr(0, negated ? equals - 1 : equals));
    const auto value = trimmed(term.substr(equals + (doubled ? 2 : 1)));
    if (!value.empty() && !is_word(value))
      return std::nullopt;
    requirement.values.emplace(value);
  } else if (!term.empty() && term.front() == '!') {
    requirement.op = Operator::DoesNotExist;
    requirement.key = trimmed(term.substr(1));
  } else {
    requirement.key = term;
  }
  return is_word(requirement.key) ? std::optional(requirement) : std::nullopt;
}

std::string pointer_of(std::string field) {
  std::replace(field.begin(), field.end(), '.', '/');
  return "/" + field;
}

std::string field_text(const Json& object, const std::string& pointer) {
  const Json& value = at(object, pointer);
  if (value.is_boolean())
    return value.get<bool>() ? "true" : "false";
  if (value.is_number_integer())
    return std::to_string(value.get<std::int64_t>());
  // Booleans that are absent select as "false", as the server's typed structs make them.
  if (value.is_null() && (pointer == "/spec/unschedulable" || pointer == "/spec/hostNetwork"))
    return "false";
  return value.is_string() ? value.get<std::string>() : std::string{};
}

} // namespace

bool Requirement::matches(const Json& labels) const {
  const bool present = labels.is_object() && labels.contains(key) && labels.at(key).is_string();
  switch (op) {
  case Operator::Exists: return present;
  case Operator::DoesNotExist: return !present;
  case Operator::In: return present && values.contains(labels.at(key).get<std::string>());
  case Operator::NotIn: return !present || !values.contains(labels.at(key).get<std::string>());
  }
  return false;
}

Answer<LabelSelector> LabelSelector::parse(std::string_view text) {
  LabelSelector selector;
  if (trimmed(text).empty())
    return selector;
  for (const auto& term : split_terms(text)) {
    auto requirement = parse_requirement(trimmed(term));
    if (!requirement)
      return tl::unexpected(
          bad_request(fmt::format("unable to parse requirement: unexpected term \"{}\"", term)));
    selector.requirements_.push_back(std::move(*requirement));
  }
  return selector;
}

LabelSelector LabelSelector::from_struct(const Json& selector) {
  LabelSelector result;
  result.nothing_ = !selector.is_object();
  for (const auto& [key, value] : at(selector, "/matchLabels").items())
    result.requirements_.push_back({key, Operator::In, {value.get<std::string>()}});
  for (const auto& expression : at(selector, "/matchExpressions")) {
    Requirement requirement{text_at(expression, "/key")};
    const std::string op = text_at(expression, "/operator");
    requirement.op = op == "In"       ? Operator::In
                     : op == "NotIn"  ? Operator::NotIn
                     : op == "Exists" ? Operator::Exists
                                      : Operator::DoesNotExist;
    for (const auto& value : at(expression, "/values"))
      requirement.values.insert(value.get<std::string>());
    result.requirements_.push_back(std::move(requirement));
  }
  return result;
}

bool LabelSelector::matches(const Json& labels) const {
  return !nothing_ &&
         std::all_of(requirements_.begin(), requirements_.end(),
                     [&](const Requirement& requirement) { return requirement.matches(labels); });
}

Answer<FieldSelector> FieldSelector::parse(std::string_view text, const ServedResource& resource) {
  FieldSelector selector;
  if (trimmed(text).empty())
    return selector;
  for (const auto& term : split_terms(text)) {
    const auto equals = term.find('=');
    if (equals == std::string::npos)
      return tl::unexpected(bad_request(
          fmt::format("invalid selector: '{}'; can't understand '{}'", std::string(text), term)));
    const bool negated = equals > 0 && term[equals - 1] == '!';
    const bool doubled = equals + 1 < term.size() && term[equals + 1] == '=';
    const std::string field = term.substr(0, negated ? equals - 1 : equals);
    const bool known = field == "metadata.name" ||
                       (field == "metadata.namespace" && resource.type.namespaced) ||
                       resource.selectable.contains(field);
    if (!known)
      return tl::unexpected(bad_request("field label not supported: " + field));
    selector.terms_.push_back(
        {pointer_of(field), term.substr(equals + (doubled ? 2 : 1)), !negated});
  }
  return selector;
}

bool FieldSelector::matches(const Json& object) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const Term& term) {
    return (field_text(object, term.pointer) == term.value) == term.equal;
  });
}

Answer<Selector> Selector::parse(std::string_view label_text, std::string_view field_text,
                                 const ServedResource& resource) {
  auto of_labels = LabelSelector::parse(label_text);
  if (!of_labels)
    return tl::unexpected(of_labels.error());
  auto of_fields = FieldSelector::parse(field_text, resource);
  if (!of_fields)
    return tl::unexpected(of_fields.error());
  return Selector{*std::move(of_labels), *std::move(of_fields)};
}

bool Selector::matches(const Json& object) const {
  return labels.matches(at(object, "/metadata/labels")) && fields.matches(object);
}

} // namespace berth::simulation
