#include "lib/resources/resource_sum.hpp"

#include <algorithm>

#include "lib/base/ensure.hpp"

namespace berth::resources {

void ResourceSum::add(const ResourceVector& vector) {
  apply(vector, 1);
}

void ResourceSum::subtract(const ResourceVector& vector) {
  apply(vector, -1);
}

void ResourceSum::apply(const ResourceVector& vector, int sign) {
  for (const auto& [name, amount] : vector) {
    ensure(!amount.is_unlimited(), "only finite amounts can be added up");
    if (amount.is_zero())
      continue;
    const auto at = std::lower_bound(
        entries_.begin(), entries_.end(), name,
        [](const Entry& entry, const ResourceName& wanted) { return entry.name < wanted; });
    if (at == entries_.end() || at->name != name) {
      entries_.insert(at, Entry{name, Int128{sign} * amount.value()});
      continue;
    }
    at->total += Int128{sign} * amount.value();
    if (at->total == 0)
      entries_.erase(at);
  }
}

Amount ResourceSum::get(const ResourceName& name) const {
  const auto at = std::find_if(entries_.begin(), entries_.end(),
                               [&](const Entry& entry) { return entry.name == name; });
  return at == entries_.end() ? Amount{} : Amount::saturated(at->total);
}

ResourceVector ResourceSum::total() const {
  ResourceVector total;
  for (const Entry& entry : entries_)
    total.set(entry.name, Amount::saturated(entry.total));
  return total;
}

} // namespace berth::resources
