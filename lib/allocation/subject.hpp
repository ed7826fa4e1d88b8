#pragma once
// Subjects: who is asking, and whom a quota or a reservation names. Specificity is an order: a
// service account by name, then its namespace by name, then a namespace selector.

#include <optional>
#include <string>
#include <vector>

#include "lib/allocation/selector.hpp"
#include "lib/base/strong_id.hpp"

namespace berth::allocation {

/// A namespace with the labels that selectors look at.
struct NamespaceView {
  std::string name;
  Labels labels{};

  friend bool operator==(const NamespaceView&, const NamespaceView&) = default;
};

struct ServiceAccountRef {
  std::string namespace_name;
  std::string name;

  friend bool operator==(const ServiceAccountRef&, const ServiceAccountRef&) = default;
  friend auto operator<=>(const ServiceAccountRef&, const ServiceAccountRef&) = default;
};

/// How closely a list of subjects names someone; higher is closer.
enum class Specificity { None, NamespaceSelector, Namespace, ServiceAccount };

struct Subjects {
  std::vector<std::string> namespaces{};
  std::optional<Selector> namespace_selector{}; ///< absent: none
  std::vector<ServiceAccountRef> service_accounts{};

  /// `labels` are those of the namespace; nullptr where it is not known (then no selector matches).
  [[nodiscard]] Specificity names(const ServiceAccountRef& who, const Labels* labels) const;

  friend bool operator==(const Subjects&, const Subjects&) = default;
};

} // namespace berth::allocation
