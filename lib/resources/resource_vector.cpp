#include "lib/resources/resource_vector.hpp"

#include <algorithm>
#include <functional>
#include <string>

namespace berth::resources {
namespace {

template <class Entries>
auto position(Entries& entries, const ResourceName& name) {
  return std::lower_bound(entries.begin(), entries.end(), name,
                          [](const ResourceVector::Entry& entry, const ResourceName& wanted) {
                            return entry.name < wanted;
                          });
}

/// Each of `others` becomes part of what is there. Both are sorted, and mostly of the same names.
template <class Operation>
void combine(std::vector<ResourceVector::Entry>& entries,
             const std::vector<ResourceVector::Entry>& others, Operation operation) {
  auto at = entries.begin();
  for (const ResourceVector::Entry& other : others) {
    while (at != entries.end() && at->name < other.name)
      ++at;
    if (at == entries.end() || at->name != other.name)
      at = entries.insert(at, {other.name, Amount{}});
    at->amount = operation(at->amount, other.amount);
    ++at;
  }
}

} // namespace

ResourceVector::ResourceVector(
    std::initializer_list<std::pair<std::string_view, std::int64_t>> entries) {
  for (const auto& [name, amount] : entries) {
    const ResourceName resource{name};
    set(resource, get(resource) + Amount{amount});
  }
}

Amount ResourceVector::get(const ResourceName& name) const {
  const auto at = position(entries_, name);
  return at != entries_.end() && at->name == name ? at->amount : Amount{};
}

bool ResourceVector::contains(const ResourceName& name) const {
  const auto at = position(entries_, name);
  return at != entries_.end() && at->name == name;
}

void ResourceVector::set(const ResourceName& name, Amount amount) {
  const auto at = position(entries_, name);
  if (at != entries_.end() && at->name == name)
    at->amount = amount;
  else
    entries_.insert(at, Entry{name, amount});
}

ResourceVector& ResourceVector::operator+=(const ResourceVector& other) {
  if (entries_.empty())
    entries_ = other.entries_;
  else
    combine(entries_, other.entries_, std::plus{});
  return *this;
}

ResourceVector& ResourceVector::operator-=(const ResourceVector& other) {
  combine(entries_, other.entries_, std::minus{});
  return *this;
}

void ResourceVector::raise_to(const ResourceVector& other) {
  for (const Entry& entry : other.entries_)
    set(entry.name, contains(entry.name) ? std::max(get(entry.name), entry.amount) : entry.amount);
}

void ResourceVector::drop_zeros() {
  std::erase_if(entries_, [](const Entry& entry) { return entry.amount.is_zero(); });
}

ResourceVector ResourceVector::scaled_percent(std::int64_t percent) const {
  ResourceVector result = *this;
  for (Entry& entry : result.entries_)
    entry.amount = scaled(entry.amount, percent, 100);
  return result;
}

bool ResourceVector::fits_within(const ResourceVector& room) const {
  return !first_short(room).has_value();
}

std::optional<ResourceName> ResourceVector::first_short(const ResourceVector& room) const {
  for (const Entry& entry : entries_)
    if (entry.amount > Amount{} && entry.amount > room.get(entry.name))
      return entry.name;
  return std::nullopt;
}

bool ResourceVector::is_nothing() const {
  return std::all_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.amount <= Amount{}; });
}

std::string to_string(const ResourceVector& vector) {
  std::string text;
  for (const auto& [name, amount] : vector) {
    text += text.empty() ? "" : ", ";
    text += std::string(name.str()) + " " + format_amount(name, amount);
  }
  return text.empty() ? "nothing" : text;
}

} // namespace berth::resources
