#include "lib/allocation/quota.hpp"

#include <algorithm>

namespace berth::allocation {
namespace {

std::string text_of(const ServiceAccountRef& who) {
  return who.namespace_name + "/" + who.name;
}

/// Adds every pair of `holders`, the first name first; stops at the limit.
void add_pairs(std::vector<SubjectOverlap>& overlaps, std::span<const QuotaSpec* const> holders,
               const std::string& subject) {
  for (std::size_t i = 0; i < holders.size(); ++i)
    for (std::size_t j = i + 1; j < holders.size(); ++j) {
      if (overlaps.size() == kSubjectOverlapsMax)
        return;
      overlaps.push_back(SubjectOverlap{holders[i]->name, holders[j]->name, subject});
    }
}

} // namespace

QuotaDirectory::QuotaDirectory(std::span<const std::shared_ptr<const QuotaSpec>> quotas)
    : quotas_(quotas.begin(), quotas.end()) {
  std::sort(quotas_.begin(), quotas_.end(),
            [](const auto& left, const auto& right) { return left->name < right->name; });
  const auto list = [](Holders& holders, const QuotaSpec* quota) {
    if (holders.empty() || holders.back() != quota) // a subject may be listed twice
      holders.push_back(quota);
  };
  for (const auto& quota : quotas_) {
    for (const ServiceAccountRef& account : quota->subjects.service_accounts)
      list(by_service_account_[account], quota.get());
    for (const std::string& name_space : quota->subjects.namespaces)
      list(by_namespace_[name_space], quota.get());
    if (quota->subjects.namespace_selector)
      with_selector_.push_back(quota.get());
  }
}

QuotaChoice QuotaDirectory::choose(const ServiceAccountRef& who, const Labels* labels,
                                   const QuotaName& hint) const {
  if (!hint.empty())
    return choose_hinted(who, labels, hint);
  const Holders holders = closest(who, labels);
  if (holders.empty())
    return {{}, Reason::QuotaNotFound, "no Quota names " + text_of(who)};
  if (holders.size() > 1)
    return {{},
            Reason::QuotaAmbiguous,
            "Quotas " + holders[0]->name.str() + " and " + holders[1]->name.str() + " name " +
                text_of(who) + " equally closely"};
  return {holders.front()->name, Reason::Admitted, {}};
}

QuotaChoice QuotaDirectory::choose_hinted(const ServiceAccountRef& who, const Labels* labels,
                                          const QuotaName& hint) const {
  const auto at =
      std::lower_bound(quotas_.begin(), quotas_.end(), hint,
                       [](const auto& quota, const auto& name) { return quota->name < name; });
  if (at == quotas_.end() || (*at)->name != hint)
    return {{}, Reason::QuotaNotFound, "Quota " + hint.str() + " does not exist"};
  if ((*at)->subjects.names(who, labels) == Specificity::None)
    return {{}, Reason::QuotaNotAllowed, "Quota " + hint.str() + " does not name " + text_of(who)};
  return {hint, Reason::Admitted, {}};
}

QuotaDirectory::Holders QuotaDirectory::closest(const ServiceAccountRef& who,
                                                const Labels* labels) const {
  if (const auto at = by_service_account_.find(who); at != by_service_account_.end())
    return at->second;
  if (const auto at = by_namespace_.find(who.namespace_name); at != by_namespace_.end())
    return at->second;
  Holders selecting;
  if (labels != nullptr)
    std::copy_if(with_selector_.begin(), with_selector_.end(), std::back_inserter(selecting),
                 [&](const QuotaSpec* quota) {
                   return quota->subjects.namespace_selector->matches(*labels);
                 });
  return selecting;
}

std::vector<SubjectOverlap>
QuotaDirectory::overlaps(std::span<const NamespaceView> namespaces) const {
  std::vector<SubjectOverlap> overlaps;
  for (const auto& [account, holders] : by_service_account_)
    add_pairs(overlaps, holders, "service account " + text_of(account));
  for (const auto& [name, holders] : by_namespace_)
    add_pairs(overlaps, holders, "namespace " + name);
  for (const NamespaceView& name_space : namespaces)
    if (!by_namespace_.contains(name_space.name))
      add_pairs(overlaps, closest({name_space.name, {}}, &name_space.labels),
                "namespace " + name_space.name);
  std::sort(overlaps.begin(), overlaps.end());
  return overlaps;
}

} // namespace berth::allocation
