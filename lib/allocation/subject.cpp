#include "lib/allocation/subject.hpp"

#include <algorithm>

namespace berth::allocation {

Specificity Subjects::names(const ServiceAccountRef& who, const Labels* labels) const {
  if (std::find(service_accounts.begin(), service_accounts.end(), who) != service_accounts.end())
    return Specificity::ServiceAccount;
  if (std::find(namespaces.begin(), namespaces.end(), who.namespace_name) != namespaces.end())
    return Specificity::Namespace;
  if (namespace_selector && labels != nullptr && namespace_selector->matches(*labels))
    return Specificity::NamespaceSelector;
  return Specificity::None;
}

} // namespace berth::allocation
