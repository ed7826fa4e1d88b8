#pragma once
// ResourceSum: a running total of ResourceVectors that can be taken apart again. An Amount
// saturates, so adding and then subtracting it may not come back; a ledger must (law L3: what was
// kept up to date equals what is rebuilt). Totals are therefore 128 bits wide and saturate only
// when they are read. Vectors added must be finite.

#include <vector>

#include "lib/resources/int128.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::resources {

class ResourceSum {
public:
  void add(const ResourceVector& vector);
  /// Takes away what was added before. An entry that returns to zero disappears.
  void subtract(const ResourceVector& vector);

  [[nodiscard]] Amount get(const ResourceName& name) const;
  /// All totals, saturated.
  [[nodiscard]] ResourceVector total() const;
  [[nodiscard]] bool empty() const { return entries_.empty(); }

  friend bool operator==(const ResourceSum&, const ResourceSum&) = default;

private:
  struct Entry {
    ResourceName name;
    Int128 total;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  void apply(const ResourceVector& vector, int sign);

  std::vector<Entry> entries_; ///< sorted by name; never zero
};

} // namespace berth::resources
