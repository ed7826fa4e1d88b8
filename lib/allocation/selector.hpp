#pragma once
// Labels and label selectors as Kubernetes defines them, for nodes, namespaces and pods. Pure
// matching; reading them from JSON is the adapters' business. Labels are kept sorted, never hashed:
// their keys come from users.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::allocation {

/// A label map: sorted by key, no key twice.
class Labels {
public:
  Labels() = default;
  Labels(std::initializer_list<std::pair<std::string, std::string>> labels);

  void set(std::string key, std::string value);
  /// nullptr if absent. The pointer lives as long as these labels are not changed.
  [[nodiscard]] const std::string* find(std::string_view key) const;
  [[nodiscard]] bool empty() const { return labels_.empty(); }
  [[nodiscard]] auto begin() const { return labels_.begin(); }
  [[nodiscard]] auto end() const { return labels_.end(); }

  friend bool operator==(const Labels&, const Labels&) = default;
  friend auto operator<=>(const Labels&, const Labels&) = default;

private:
  std::vector<std::pair<std::string, std::string>> labels_;
};

/// The operators of label selectors and node selector terms (the last two for nodes only).
enum class SelectorOperator { In, NotIn, Exists, DoesNotExist, Gt, Lt };

/// Kubernetes' word for it.
[[nodiscard]] std::string_view to_string(SelectorOperator op);
/// Nothing for a word that Kubernetes does not know.
[[nodiscard]] std::optional<SelectorOperator> selector_operator_from(std::string_view word);

/// One condition on one key. `values` are as Kubernetes demands them: at least one for In and
/// NotIn, exactly one integer for Gt and Lt, none otherwise; where they are not, nothing matches.
struct Requirement {
  std::string key;
  SelectorOperator op = SelectorOperator::Exists;
  std::vector<std::string> values{};

  [[nodiscard]] bool matches(const Labels& labels) const;

  friend bool operator==(const Requirement&, const Requirement&) = default;
  friend auto operator<=>(const Requirement&, const Requirement&) = default;
};

/// A metav1.LabelSelector with matchLabels written as In requirements: all must match; an empty
/// one matches everything. ("No selector at all matches nothing" is said with std::optional.)
struct Selector {
  std::vector<Requirement> requirements{};

  /// matchLabels alone.
  [[nodiscard]] static Selector of(const Labels& match_labels);
  [[nodiscard]] bool matches(const Labels& labels) const;

  friend bool operator==(const Selector&, const Selector&) = default;
  friend auto operator<=>(const Selector&, const Selector&) = default;
};

} // namespace berth::allocation
