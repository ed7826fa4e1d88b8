#pragma once
// ResourceVector: amounts by resource: a pod's request, a node's allocatable, a quota's nominal.
// A small sorted vector: few entries, iterated in the order of names. An absent resource is zero.

#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/resources/amount.hpp"
#include "lib/resources/resource_name.hpp"

namespace berth::resources {

class ResourceVector {
public:
  struct Entry {
    ResourceName name;
    Amount amount;
    friend bool operator==(const Entry&, const Entry&) = default;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  using const_iterator = std::vector<Entry>::const_iterator;

  ResourceVector() = default;
  /// {{"cpu", 2000}, {"memory", 1 << 30}}: amounts in base units; a name given twice is added up.
  ResourceVector(std::initializer_list<std::pair<std::string_view, std::int64_t>> entries);

  /// Zero if absent.
  [[nodiscard]] Amount get(const ResourceName& name) const;
  [[nodiscard]] bool contains(const ResourceName& name) const;
  /// An entry that is set to zero stays present: a quota of zero is not "no quota".
  void set(const ResourceName& name, Amount amount);

  ResourceVector& operator+=(const ResourceVector& other);
  /// May go below zero.
  ResourceVector& operator-=(const ResourceVector& other);
  friend ResourceVector operator+(ResourceVector left, const ResourceVector& right) {
    return std::move(left += right);
  }
  friend ResourceVector operator-(const ResourceVector& amounts) {
    return ResourceVector{} - amounts;
  }
  friend ResourceVector operator-(ResourceVector left, const ResourceVector& right) {
    return std::move(left -= right);
  }

  /// Raises each entry to at least that of `other` (one that is absent here is taken over).
  void raise_to(const ResourceVector& other);
  /// Removes entries that are zero.
  void drop_zeros();
  /// Every entry x percent / 100, rounded down.
  [[nodiscard]] ResourceVector scaled_percent(std::int64_t percent) const;

  /// Whether every positive entry here is at most `room`'s (absent there: zero).
  [[nodiscard]] bool fits_within(const ResourceVector& room) const;
  /// The first resource, by name, that keeps this from fitting.
  [[nodiscard]] std::optional<ResourceName> first_short(const ResourceVector& room) const;
  /// Whether no entry is positive.
  [[nodiscard]] bool is_nothing() const;

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const_iterator begin() const { return entries_.begin(); }
  [[nodiscard]] const_iterator end() const { return entries_.end(); }

  friend bool operator==(const ResourceVector&, const ResourceVector&) = default;
  friend auto operator<=>(const ResourceVector&, const ResourceVector&) = default;

private:
  std::vector<Entry> entries_; ///< sorted by name, no name twice
};

/// "cpu 1500m, memory 4Gi"; "nothing" when empty.
[[nodiscard]] std::string to_string(const ResourceVector& vector);

} // namespace berth::resources
