#include "lib/allocation/own_room.hpp"

#include <algorithm>
#include <utility>

namespace berth::allocation {
namespace {

bool is_at_or_above(const QuotaForest& forest, QuotaIndex above, QuotaIndex quota) {
  for (std::optional<QuotaIndex> at = quota; at; at = forest.parent(*at))
    if (*at == above)
      return true;
  return false;
}

} // namespace

OwnRoom::OwnRoom(const ClusterSnapshot& snapshot, const Headroom& headroom,
                 const WorkloadPlacer& placer)
    : snapshot_(snapshot), held_(headroom.balance()), headroom_(headroom),
      placer_(snapshot, placer.overlay().second_picture()), own_nodes_(placer.overlay()),
      changes_seen_(own_nodes_.changes().size()) {}

bool OwnRoom::claim(const Option& option, Pods members, const ResourceVector& total) {
  if (claims_ >= kClaimsMax)
    return false;
  const PoolName& pool = option.site.pool->name;
  const ResourceVector charged = headroom_.beyond_promise(option, total);
  if (headroom_.balance().forecast(option.payer, pool, charged).borrows)
    return false; // with the claims before it
  find_borrowed(pool);
  if (!could_have_pool(option, total))
    return false;
  auto placed = place_without_borrowers(option, members);
  if (!placed)
    return false;
  placer_.take(std::move(*placed));
  headroom_.take(option, total, false);
  ++claims_;
  return true;
}

std::optional<PlacedPods> OwnRoom::place(Pods members, const Site& site, std::size_t nodes_max,
                                         std::span<const NodeIndex> own) {
  for (; changes_seen_ < own_nodes_.changes().size(); ++changes_seen_)
    placer_.overlay().touch(own_nodes_.changes()[changes_seen_]);
  return placer_.place(members, site, nodes_max, own);
}

bool OwnRoom::leaves_quota(const Option& option, const ResourceVector& total) const {
  return headroom_.balance().has_what_it_draws(option.payer, option.site.pool->name,
                                               headroom_.beyond_promise(option, total));
}

void OwnRoom::take(const Option& option, Pods members, const ResourceVector& total,
                   const PlacedPods& placed, bool is_burst) {
  headroom_.take(option, total, is_burst);
  take_place(members, option.site, placed);
}

/// One walk over all charges for each pool that somebody claims in.
void OwnRoom::find_borrowed(const PoolName& pool) {
  const auto [shares, is_new] = borrowed_.try_emplace(pool);
  if (!is_new)
    return;
  const NodeTable& table = *snapshot_.nodes;
  std::vector<std::optional<bool>> known(snapshot_.quotas->size());
  snapshot_.charges.for_each([&](const PodUid& pod, const std::shared_ptr<const Charge>& charge) {
    if (charge->pool != pool || charge->quota.empty())
      return;
    const auto quota = snapshot_.quotas->find(charge->quota);
    if (!quota)
      return;
    if (!known[*quota])
      known[*quota] = borrows(*quota, pool);
    const auto node = *known[*quota] ? table.find(charge->node.str()) : std::nullopt;
    if (!node)
      return;
    std::vector<Share>& on_node = shares->second[*node];
    auto share = std::ranges::find(on_node, *quota, &Share::quota);
    if (share == on_node.end())
      share = on_node.insert(share, Share{*quota, std::vector<std::int64_t>(table.width()), {}});
    add_to_row(share->amounts, to_columns(charge->shape->requests, table), charge->devices);
    share->pods.push_back(pod);
  });
}

bool OwnRoom::borrows(QuotaIndex quota, const PoolName& pool) const {
  return std::ranges::any_of(snapshot_.nodes->columns(), [&](const ResourceName& resource) {
    return held_.left(quota, pool, resource) < Amount{} ||
           held_.beyond(quota, pool, resource) > Amount{};
  });
}

/// How much the quota's pods would give back to the claimant: what is borrowed at every level up to
/// the quota that both are below, so that nobody is asked for what is its own.
Amount OwnRoom::returnable(QuotaIndex quota, QuotaIndex claimant, const PoolName& pool,
                           const ResourceName& resource) const {
  const QuotaForest& forest = *snapshot_.quotas;
  Amount most = Amount::unlimited();
  for (std::optional<QuotaIndex> at = quota; at; at = forest.parent(*at)) {
    if (at != quota && is_at_or_above(forest, *at, claimant))
      break;
    const Amount left = held_.left(*at, pool, resource);
    if (!left.is_unlimited()) // else nobody governs it, and it comes along
      most = std::min(most, std::max(-left, Amount{}));
  }
  return most.is_unlimited() ? most : most + held_.beyond(quota, pool, resource);
}

/// Whether the pool would have enough of what no node has, were borrowers to give it back.
bool OwnRoom::could_have_pool(const Option& option, const ResourceVector& total) const {
  const auto shortfall = headroom_.pool_shortfall(option, total);
  if (!shortfall)
    return true;
  Amount back;
  const PoolName& pool = option.site.pool->name;
  snapshot_.quota_use.for_each([&](const QuotaName& name, const auto& use) {
    const auto quota = snapshot_.quotas->find(name);
    const auto held = use->by_pool.find(pool);
    if (quota && held != use->by_pool.end())
      back += std::min(held->second.get(shortfall->resource),
                       returnable(*quota, option.payer, pool, shortfall->resource));
  });
  return shortfall->needed <= shortfall->left + back;
}

/// First fit by the order of nodes: a choice that borrowers cannot sway.
std::optional<PlacedPods> OwnRoom::place_without_borrowers(const Option& option, Pods members) {
  PlacedPods placed{{}, {}, NodeChanges(placer_.overlay())};
  Claim claim{option, {}, {}, {}};
  for (const auto& pod : members) {
    if (!needs_node(*pod->shape)) {
      placed.nodes.emplace_back();
      placed.devices.emplace_back();
      continue;
    }
    const ColumnRequest request = to_columns(pod->requests(), *snapshot_.nodes);
    const auto nodes = placer_.allowed_nodes(pod->shape->constraints, *option.site.pool);
    std::optional<DeviceList> devices;
    const auto node = std::ranges::find_if(nodes, [&](NodeIndex candidate) {
      return (devices = fits(claim, request, placed.changes, candidate)).has_value();
    });
    if (node == nodes.end())
      return std::nullopt;
    placed.changes.place(*node, request, *devices, option.site.viewer());
    placed.nodes.push_back({*node});
    placed.devices.push_back(*std::move(devices));
  }
  return placed;
}

/// The devices the pod would get there without borrowers; nothing if it does not fit.
std::optional<DeviceList> OwnRoom::fits(Claim& claim, const ColumnRequest& request,
                                        const NodeChanges& trial, NodeIndex node) const {
  const Viewer viewer = claim.option.site.viewer();
  std::vector<std::int64_t> held;
  NodeRoom room = trial.room(node, viewer, held);
  claim.charged.assign(room.charged.begin(), room.charged.end());
  give_back(claim, node);
  if (room_for(request, {room.capacity, claim.charged, {}}).kind != RoomVerdict::Kind::Fits)
    return std::nullopt;
  std::vector<PodUid> gone;
  for (const Share* share : claim.going)
    gone.insert(gone.end(), share->pods.begin(), share->pods.end());
  if (!gone.empty()) // nor do they give room back at their ends, if they have gone before
    room = trial.room_without(node, viewer, gone, held);
  room.charged = claim.charged;
  if (room_for(request, room).kind != RoomVerdict::Kind::Fits)
    return std::nullopt;
  return free_devices(request, room);
}

void OwnRoom::give_back(Claim& claim, NodeIndex node) const {
  claim.going.clear();
  const PoolName& pool = claim.option.site.pool->name;
  const auto& by_node = borrowed_.at(pool);
  const auto shares = by_node.find(node);
  if (shares == by_node.end())
    return;
  const auto columns = snapshot_.nodes->columns();
  for (const Share& share : shares->second) {
    auto [most, is_new] = claim.returnable.try_emplace(share.quota);
    for (std::size_t column = 0; is_new && column < columns.size(); ++column)
      most->second.push_back(returnable(share.quota, claim.option.payer, pool, columns[column]));
    const auto back = [&](std::size_t column) {
      return std::min(Amount{share.amounts[column]}, most->second[column]).value();
    };
    bool goes = false; // who keeps all that is governed does not go
    for (std::size_t column = 0; column < columns.size(); ++column)
      goes = goes || (back(column) > 0 && !most->second[column].is_unlimited());
    if (!goes)
      continue;
    claim.going.push_back(&share);
    for (std::size_t slot = 0; slot < share.amounts.size(); ++slot) // of devices all
      claim.charged[slot] -= slot < columns.size() ? back(slot) : share.amounts[slot];
  }
}

} // namespace berth::allocation
