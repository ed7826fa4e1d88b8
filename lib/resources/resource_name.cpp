#include "lib/resources/resource_name.hpp"

#include <algorithm>
#include <array>

namespace berth::resources {
namespace {

/// The texts of ResourceName::WellKnown, sorted.
constexpr std::array<std::string_view, 5> kWellKnownTexts{"cpu", "ephemeral-storage", "memory",
                                                          "nvidia.com/gpu", "pods"};
static_assert(std::is_sorted(kWellKnownTexts.begin(), kWellKnownTexts.end()));

bool counts_bytes(const ResourceName& name) {
  return name == ResourceName::memory() || name == ResourceName::ephemeral_storage() ||
         name.str().starts_with("hugepages-");
}

} // namespace

ResourceName::ResourceName(std::string_view name) : well_known_(WellKnown::Other) {
  const auto at = std::find(kWellKnownTexts.begin(), kWellKnownTexts.end(), name);
  if (at != kWellKnownTexts.end())
    well_known_ = static_cast<WellKnown>(at - kWellKnownTexts.begin());
  else
    other_ = std::make_shared<const std::string>(name);
}

const ResourceName& ResourceName::cpu() {
  static const ResourceName name{WellKnown::Cpu};
  return name;
}

const ResourceName& ResourceName::memory() {
  static const ResourceName name{WellKnown::Memory};
  return name;
}

const ResourceName& ResourceName::ephemeral_storage() {
  static const ResourceName name{WellKnown::EphemeralStorage};
  return name;
}

const ResourceName& ResourceName::pods() {
  static const ResourceName name{WellKnown::Pods};
  return name;
}

std::string_view ResourceName::str() const {
  if (well_known_ == WellKnown::Other)
    return *other_;
  return kWellKnownTexts[static_cast<std::size_t>(well_known_)];
}

bool ResourceName::is_virtual() const {
  return well_known_ == WellKnown::Other && other_->starts_with(kVirtualResourcePrefix);
}

bool operator==(const ResourceName& left, const ResourceName& right) {
  if (left.well_known_ != right.well_known_)
    return false;
  return left.other_ == right.other_ || *left.other_ == *right.other_;
}

std::strong_ordering operator<=>(const ResourceName& left, const ResourceName& right) {
  constexpr auto kOther = ResourceName::WellKnown::Other;
  if (left.well_known_ != kOther && right.well_known_ != kOther)
    return left.well_known_ <=> right.well_known_;
  if (left.other_ == right.other_)
    return std::strong_ordering::equal;
  return left.str() <=> right.str();
}

Amount amount_of(const ResourceName& name, const Quantity& quantity) {
  return name == ResourceName::cpu() ? quantity.milli_value() : quantity.value();
}

Quantity quantity_of(const ResourceName& name, Amount amount) {
  if (name == ResourceName::cpu())
    return Quantity::of_milli(amount.value());
  return Quantity::of(amount.value(),
                      counts_bytes(name) ? Notation::BinarySI : Notation::DecimalSI);
}

std::string format_amount(const ResourceName& name, Amount amount) {
  return amount.is_unlimited() ? "unlimited" : quantity_of(name, amount).str();
}

} // namespace berth::resources
