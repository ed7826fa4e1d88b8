#pragma once
// A selector as Kubernetes writes it, so that what was read can be read again.

#include <string>

#include "lib/allocation/selector.hpp"

namespace berth::allocation {

inline std::string text_of(const Requirement& one) {
  const auto listed = [&](const char* word) {
    std::string text = one.key + word;
    for (std::size_t i = 0; i < one.values.size(); ++i)
      text += (i == 0 ? "" : ",") + one.values[i];
    return text + ')';
  };
  switch (one.op) {
  case SelectorOperator::In: return listed(" in (");
  case SelectorOperator::NotIn: return listed(" notin (");
  case SelectorOperator::Exists: return one.key;
  case SelectorOperator::DoesNotExist: return '!' + one.key;
  case SelectorOperator::Gt: return one.key + '>' + one.values.front();
  case SelectorOperator::Lt: return one.key + '<' + one.values.front();
  }
  return {};
}

inline std::string text_of(const Selector& selector) {
  std::string text;
  for (const Requirement& one : selector.requirements)
    text += (text.empty() ? "" : ",") + text_of(one);
  return text;
}

} // namespace berth::allocation
