#include "lib/allocation/subject_limits.hpp"

#include <algorithm>

namespace berth::allocation {
namespace {

std::string limit_text(const std::string& subject, const QuotaSpec& quota) {
  return subject + " under quota " + quota.name.str();
}

} // namespace

std::string subject_of(const PodView& pod, const SubjectLimits& limits) {
  if (limits.label.empty())
    return pod.namespace_name + "/" + pod.service_account;
  const std::string* value = pod.labels.find(limits.label);
  return limits.label + "=" + (value == nullptr ? std::string() : *value);
}

std::optional<QuotaIndex> limiting_quota(const QuotaForest& forest, QuotaIndex quota) {
  for (std::optional<QuotaIndex> at = quota; at; at = forest.parent(*at))
    if (forest.spec(*at).per_subject)
      return at;
  return std::nullopt;
}

SubjectUse::SubjectUse(const ClusterSnapshot& snapshot) : forest_(*snapshot.quotas) {
  if (std::ranges::none_of(forest_.quotas(),
                           [](const auto& quota) { return quota->per_subject.has_value(); }))
    return;
  for (QuotaIndex quota = 0; quota < forest_.size(); ++quota)
    limiting_.push_back(limiting_quota(forest_, quota));
  snapshot.charges.for_each([&](const PodUid& uid, const std::shared_ptr<const Charge>& charge) {
    const auto quota = forest_.find(charge->quota);
    const PodView* pod = quota && limiting_[*quota] ? snapshot.find_pod(uid) : nullptr;
    if (pod == nullptr)
      return;
    const QuotaIndex limiting = *limiting_[*quota];
    Holding& holding = holdings_[{limiting, subject_of(*pod, *forest_.spec(limiting).per_subject)}];
    holding.amounts += charge->shape->requests;
    holding.workloads.insert(workload_id(*pod));
  });
}

std::optional<SubjectUse::Key> SubjectUse::key_of(const Workload& workload) const {
  if (limiting_.empty() || workload.waiting.empty())
    return std::nullopt;
  const auto quota = forest_.find(workload.quota.quota);
  if (!quota || !limiting_[*quota])
    return std::nullopt;
  const QuotaIndex limiting = *limiting_[*quota];
  return Key{limiting, subject_of(*workload.waiting.front(), *forest_.spec(limiting).per_subject)};
}

std::optional<Refusal> SubjectUse::find_refusal(const Workload& workload,
                                                const ResourceVector& total) const {
  const auto key = key_of(workload);
  if (!key)
    return std::nullopt;
  const QuotaSpec& quota = forest_.spec(key->first);
  const SubjectLimits& limits = *quota.per_subject;
  static const Holding kNothing;
  const auto at = holdings_.find(*key);
  const Holding& holding = at == holdings_.end() ? kNothing : at->second;
  for (const auto& [resource, most] : limits.amounts) {
    const Amount left = most - holding.amounts.get(resource);
    if (total.get(resource) > std::max(left, Amount{}))
      return Refusal{Reason::SubjectLimited,
                     "needs " + resources::format_amount(resource, total.get(resource)) + " " +
                         std::string(resource.str()) + "; " + limit_text(key->second, quota) +
                         " has " + resources::format_amount(resource, std::max(left, Amount{})) +
                         " of " + resources::format_amount(resource, most) + " left"};
  }
  if (limits.concurrent && !holding.workloads.contains(workload.id) &&
      holding.workloads.size() >= static_cast<std::size_t>(*limits.concurrent))
    return Refusal{Reason::SubjectLimited, limit_text(key->second, quota) + " has " +
                                               std::to_string(holding.workloads.size()) + " of " +
                                               std::to_string(*limits.concurrent) +
                                               " workloads admitted"};
  return std::nullopt;
}

void SubjectUse::admitted(const Workload& workload, const ResourceVector& total) {
  const auto key = key_of(workload);
  if (!key)
    return;
  Holding& holding = holdings_[*key];
  holding.amounts += total;
  holding.workloads.insert(workload.id);
}

} // namespace berth::allocation
