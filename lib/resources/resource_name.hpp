#pragma once
// ResourceName: which resource. The names that nearly every pod uses are one byte and compare as
// integers; any other name (an extended resource) is shared text. Ordered by text, so that vectors,
// messages and decisions come out the same everywhere. It also fixes the unit of each resource.

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lib/resources/amount.hpp"
#include "lib/resources/quantity.hpp"

namespace berth::resources {

class ResourceName {
public:
  explicit ResourceName(std::string_view name);

  [[nodiscard]] static const ResourceName& cpu();
  [[nodiscard]] static const ResourceName& memory();
  [[nodiscard]] static const ResourceName& ephemeral_storage();
  [[nodiscard]] static const ResourceName& pods();

  [[nodiscard]] std::string_view str() const;
  /// A resource of a pool and of no node: "pool.berth.dev/<name>".
  [[nodiscard]] bool is_virtual() const;

  friend bool operator==(const ResourceName& left, const ResourceName& right);
  friend std::strong_ordering operator<=>(const ResourceName& left, const ResourceName& right);

private:
  /// In the order of their texts; Other stands outside it.
  enum class WellKnown : std::uint8_t { Cpu, EphemeralStorage, Memory, NvidiaGpu, Pods, Other };
  explicit ResourceName(WellKnown well_known) : well_known_(well_known) {}

  WellKnown well_known_;
  std::shared_ptr<const std::string> other_; ///< set for Other only
};

/// What pods ask of a pool rather than of a node is named with this prefix.
inline constexpr std::string_view kVirtualResourcePrefix = "pool.berth.dev/";

/// The amount in the resource's base unit, rounded up: millicores of cpu, whole units of the rest.
[[nodiscard]] Amount amount_of(const ResourceName& name, const Quantity& quantity);
/// The way back, for status fields and messages: "1500m" of cpu, "4Gi" of memory, "3" of others.
[[nodiscard]] Quantity quantity_of(const ResourceName& name, Amount amount);
/// As quantity_of, with "unlimited" where it is so.
[[nodiscard]] std::string format_amount(const ResourceName& name, Amount amount);

} // namespace berth::resources
