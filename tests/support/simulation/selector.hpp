#pragma once
// Label and field selectors as list and watch requests carry them, and the LabelSelector structs
// inside objects. Reading follows the API server's grammar; what it refuses is refused here.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/simulation/refusal.hpp"
#include "tests/support/simulation/served_resource.hpp"

namespace berth::simulation {

struct Requirement {
  enum class Operator { In, NotIn, Exists, DoesNotExist };
  std::string key;
  Operator op = Operator::Exists;
  std::set<std::string> values{};

  [[nodiscard]] bool matches(const Json& labels) const;
};

class LabelSelector {
public:
  /// "a=b,c!=d,e in (f,g),h,!i"; empty selects everything. BadRequest for anything else.
  [[nodiscard]] static Answer<LabelSelector> parse(std::string_view text);
  /// matchLabels and matchExpressions; null selects nothing, an empty struct everything.
  [[nodiscard]] static LabelSelector from_struct(const Json& selector);

  [[nodiscard]] bool matches(const Json& labels) const;
  [[nodiscard]] bool empty() const { return requirements_.empty() && !nothing_; }

private:
  std::vector<Requirement> requirements_;
  bool nothing_ = false;
};

class FieldSelector {
public:
  /// "metadata.name=a,spec.nodeName!=b"; BadRequest for a field the resource does not offer.
  [[nodiscard]] static Answer<FieldSelector> parse(std::string_view text,
                                                   const ServedResource& resource);
  [[nodiscard]] bool matches(const Json& object) const;
  [[nodiscard]] bool empty() const { return terms_.empty(); }

private:
  struct Term {
    std::string pointer;
    std::string value;
    bool equal = true;
  };
  std::vector<Term> terms_;
};

struct Selector {
  LabelSelector labels;
  FieldSelector fields;

  /// Of the two texts as requests carry them. BadRequest says what is wrong with the first bad one.
  [[nodiscard]] static Answer<Selector>
  parse(std::string_view label_text, std::string_view field_text, const ServedResource& resource);
  [[nodiscard]] bool matches(const Json& object) const;
  [[nodiscard]] bool empty() const { return labels.empty() && fields.empty(); }
};

} // namespace berth::simulation
