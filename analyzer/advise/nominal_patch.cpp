#include "analyzer/advise/nominal_patch.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/api/json_reading.hpp"

namespace berth::analyzer {
namespace {

using resources::Quantity;

/// Two nominal amounts are the same if they differ by less.
constexpr double kClosePart = 0.15;

std::string pool_pointer(std::size_t pool) {
  return "/spec/pools/" + std::to_string(pool);
}

std::string row_pointer(std::size_t pool, std::size_t row) {
  return pool_pointer(pool) + "/resources/" + std::to_string(row);
}

api::Json step(const char* op, std::string path, std::string value) {
  return {{"op", op}, {"path", std::move(path)}, {"value", std::move(value)}};
}

/// The rows of a quota with their places.
template <class Visit>
void for_each_row(const api::QuotaSpec& quota, Visit visit) {
  for (std::size_t pool = 0; pool < quota.pools.size(); ++pool)
    for (std::size_t row = 0; row < quota.pools[pool].resources.size(); ++row)
      visit(pool, row, quota.pools[pool].pool_ref.name, quota.pools[pool].resources[row]);
}

const NominalChange* find_same(const std::vector<NominalChange>& changes, const PoolName& pool,
                               const resources::ResourceName& resource) {
  const auto found = std::ranges::find_if(changes, [&](const NominalChange& one) {
    return one.pool == pool && one.resource == resource;
  });
  return found == changes.end() ? nullptr : &*found;
}

} // namespace

const api::QuotaResource* find_nominal(const api::QuotaSpec& quota, const PoolName& pool,
                                       const resources::ResourceName& resource) {
  for (const api::QuotaPool& of : quota.pools)
    for (const api::QuotaResource& row : of.resources)
      if (of.pool_ref.name == pool && row.name == resource)
        return &row;
  return nullptr;
}

std::string nominal_patch(const api::QuotaSpec& quota, const std::vector<NominalChange>& changes) {
  api::Json steps = api::Json::array();
  for_each_row(quota, [&](std::size_t pool, std::size_t row, const PoolName& name,
                          const api::QuotaResource& resource) {
    const auto* change = find_same(changes, name, resource.name);
    if (change == nullptr)
      return;
    const std::string path = row_pointer(pool, row);
    steps.push_back(step("test", pool_pointer(pool) + "/poolRef/name", name.str()));
    steps.push_back(step("test", path + "/name", std::string(resource.name.str())));
    steps.push_back(
        step("replace", path + "/nominal", quantity_of(resource.name, change->nominal).str()));
  });
  return api::to_text(steps);
}

std::optional<std::vector<NominalChange>> read_nominal_patch(const api::QuotaSpec& quota,
                                                             const std::string& patch) {
  const auto steps = api::parse_json(patch);
  if (!steps || !steps->is_array())
    return std::nullopt;
  std::vector<NominalChange> changes;
  for (const api::Json& one : *steps) {
    const std::string path = api::text_in(one, "path");
    const std::string value = api::text_in(one, "value");
    bool is_known = false;
    for_each_row(quota, [&](std::size_t pool, std::size_t row, const PoolName& name,
                            const api::QuotaResource& resource) {
      const std::string at = row_pointer(pool, row);
      is_known = is_known ||
                 (path == pool_pointer(pool) + "/poolRef/name" && value == name.str()) ||
                 (path == at + "/name" && value == resource.name.str());
      if (path != at + "/nominal")
        return;
      if (const auto quantity = Quantity::parse(value)) {
        changes.push_back({name, resource.name, amount_of(resource.name, *quantity)});
        is_known = true;
      }
    });
    if (!is_known)
      return std::nullopt;
  }
  return changes.empty() ? std::nullopt : std::optional(std::move(changes));
}

bool is_nominal(const api::QuotaSpec& quota, const std::string& patch) {
  const auto changes = read_nominal_patch(quota, patch);
  return changes && std::ranges::all_of(*changes, [&](const NominalChange& one) {
           const auto* row = find_nominal(quota, one.pool, one.resource);
           return row != nullptr && row->nominal == one.nominal;
         });
}

bool is_close(const std::vector<NominalChange>& standing,
              const std::vector<NominalChange>& wanted) {
  return standing.size() == wanted.size() &&
         std::ranges::all_of(standing, [&](const NominalChange& one) {
           const auto* same = find_same(wanted, one.pool, one.resource);
           const auto amount = static_cast<double>(one.nominal.value());
           return same != nullptr && std::abs(static_cast<double>(same->nominal.value()) -
                                              amount) <= kClosePart * amount;
         });
}

} // namespace berth::analyzer
