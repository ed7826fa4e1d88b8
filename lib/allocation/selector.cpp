#include "lib/allocation/selector.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace berth::allocation {
namespace {

/// In the order of the enumerators.
constexpr std::array<std::string_view, 6> kSelectorOperators{"In",           "NotIn", "Exists",
                                                             "DoesNotExist", "Gt",    "Lt"};

std::optional<std::int64_t> integer_from(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// Gt and Lt: both sides must be integers.
bool compares(const std::string* label, const Requirement& requirement) {
  if (label == nullptr || requirement.values.size() != 1)
    return false;
  const auto left = integer_from(*label);
  const auto right = integer_from(requirement.values.front());
  if (!left || !right)
    return false;
  return requirement.op == SelectorOperator::Gt ? *left > *right : *left < *right;
}

} // namespace

Labels::Labels(std::initializer_list<std::pair<std::string, std::string>> labels) {
  for (const auto& [key, value] : labels)
    set(key, value);
}

void Labels::set(std::string key, std::string value) {
  const auto at =
      std::lower_bound(labels_.begin(), labels_.end(), key,
                       [](const auto& label, const auto& wanted) { return label.first < wanted; });
  if (at != labels_.end() && at->first == key)
    at->second = std::move(value);
  else
    labels_.emplace(at, std::move(key), std::move(value));
}

const std::string* Labels::find(std::string_view key) const {
  const auto at =
      std::lower_bound(labels_.begin(), labels_.end(), key,
                       [](const auto& label, const auto& wanted) { return label.first < wanted; });
  return at != labels_.end() && at->first == key ? &at->second : nullptr;
}

std::string_view to_string(SelectorOperator op) {
  return kSelectorOperators[static_cast<std::size_t>(op)];
}

std::optional<SelectorOperator> selector_operator_from(std::string_view word) {
  const auto* found = std::ranges::find(kSelectorOperators, word);
  if (found == kSelectorOperators.end())
    return std::nullopt;
  return static_cast<SelectorOperator>(found - kSelectorOperators.begin());
}

bool Requirement::matches(const Labels& labels) const {
  const std::string* label = labels.find(key);
  const auto is_listed = [&] {
    return std::find(values.begin(), values.end(), *label) != values.end();
  };
  switch (op) {
  case SelectorOperator::In: return label != nullptr && is_listed();
  case SelectorOperator::NotIn: return !values.empty() && (label == nullptr || !is_listed());
  case SelectorOperator::Exists: return label != nullptr && values.empty();
  case SelectorOperator::DoesNotExist: return label == nullptr && values.empty();
  case SelectorOperator::Gt:
  case SelectorOperator::Lt: return compares(label, *this);
  }
  return false;
}

Selector Selector::of(const Labels& match_labels) {
  Selector selector;
  for (const auto& [key, value] : match_labels)
    selector.requirements.push_back(Requirement{key, SelectorOperator::In, {value}});
  return selector;
}

bool Selector::matches(const Labels& labels) const {
  return std::all_of(requirements.begin(), requirements.end(),
                     [&](const Requirement& requirement) { return requirement.matches(labels); });
}

} // namespace berth::allocation
