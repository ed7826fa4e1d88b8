#include "lib/allocation/start_search.hpp"

#include <algorithm>

namespace berth::allocation {
namespace {

TimePoint shifted(TimePoint end, Duration by) {
  return end > TimePoint::max() - by ? TimePoint::max() : end + by;
}

} // namespace

StartSearch::StartSearch(WorkloadPlacer& placer, Pods members, const Site& site, TimePoint now)
    : placer_(placer), end_(end_if_started(members, now)), now_(now),
      changes_seen_(placer.overlay().changes().size()) {
  for (const auto& pod : members) {
    if (!needs_node(*pod->shape))
      continue; // it waits for its quota and its pool alone
    auto kind = std::ranges::find(kinds_, pod->shape.get(), &Kind::shape);
    if (kind == kinds_.end()) {
      const auto nodes = placer.allowed_nodes(pod->shape->constraints, *site.pool);
      kinds_.push_back(Kind{pod->shape.get(),
                            to_columns(pod->requests(), placer.overlay().table()),
                            0,
                            {nodes.begin(), nodes.end()},
                            {},
                            0});
      kind = std::prev(kinds_.end());
    }
    ++kind->members;
  }
  for (const Kind& kind : kinds_)
    for (const NodeIndex node : kind.nodes)
      if (placer.overlay().calendar()->has_promises(node))
        promised_.push_back(node);
  sort_promised();
}

void StartSearch::sort_promised() {
  std::ranges::sort(promised_);
  promised_.erase(std::unique(promised_.begin(), promised_.end()), promised_.end());
}

void StartSearch::catch_up() {
  const auto changes = placer_.overlay().changes().subspan(changes_seen_);
  if (changes.empty())
    return;
  changes_seen_ += changes.size();
  touch(changes);
  for (const NodeIndex node : changes)
    if (placer_.overlay().calendar()->has_promises(node))
      promised_.push_back(node);
  sort_promised();
}

void StartSearch::touch(std::span<const NodeIndex> nodes) {
  touched_.insert(touched_.end(), nodes.begin(), nodes.end());
}

std::optional<std::map<NodeIndex, std::vector<std::int64_t>>> StartSearch::place(TimePoint start) {
  start_ = start;
  catch_up();
  const Viewer viewer{kNoReservation, Horizon{shifted(end_.relied_on, start - now_),
                                              shifted(end_.expected, start - now_), false}};
  touched_.insert(touched_.end(), promised_.begin(), promised_.end());
  std::ranges::sort(touched_);
  touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
  for (Kind& kind : kinds_)
    for (const NodeIndex node : is_first_ ? kind.nodes : touched_)
      if (is_first_ || std::ranges::binary_search(kind.nodes, node))
        look_again(kind, node, viewer);
  is_first_ = false;
  touched_.clear();
  if (std::ranges::any_of(kinds_, [](const Kind& kind) { return kind.fits_in_all < kind.members; }))
    return std::nullopt;
  std::map<NodeIndex, std::vector<std::int64_t>> rows;
  for (const Kind& kind : kinds_)
    if (!put(kind, viewer, rows))
      return std::nullopt;
  return rows;
}

void StartSearch::look_again(Kind& kind, NodeIndex node, const Viewer& viewer) {
  const auto known = kind.fits.find(node);
  if (known != kind.fits.end()) {
    kind.fits_in_all -= known->second;
    kind.fits.erase(known);
  }
  const NodeRoom room = placer_.overlay().room_from(node, start_, viewer, held_);
  if (const std::int64_t fits = std::min(count(kind, room), kind.members); fits > 0) {
    kind.fits.emplace(node, fits);
    kind.fits_in_all += fits;
  }
}

/// How many members the node has room for at most.
std::int64_t StartSearch::count(const Kind& kind, const NodeRoom& room) const {
  if (room_for(kind.request, room).kind != RoomVerdict::Kind::Fits)
    return 0;
  std::int64_t fits = kind.members;
  for (const ColumnRequest::Part& part : kind.request.parts)
    fits = std::min(fits, (room.capacity[part.column] - room.charged[part.column]) / part.amount);
  return fits;
}

bool StartSearch::put(const Kind& kind, const Viewer& viewer,
                      std::map<NodeIndex, std::vector<std::int64_t>>& rows) {
  const NodeOverlay& overlay = placer_.overlay();
  std::int64_t left = kind.members;
  for (auto node = kind.fits.begin(); node != kind.fits.end() && left > 0; ++node) {
    const NodeRoom room = overlay.room_from(node->first, start_, viewer, held_);
    std::vector<std::int64_t> charged(room.charged.begin(), room.charged.end());
    auto& row = rows[node->first];
    row.resize(charged.size());
    for (std::size_t column = 0; column < charged.size(); ++column)
      charged[column] += row[column];
    while (left > 0 &&
           room_for(kind.request, {room.capacity, charged, {}}).kind == RoomVerdict::Kind::Fits) {
      std::vector<std::int64_t> free;
      for (std::size_t slot = kind.request.first_device; slot < charged.size(); ++slot)
        free.push_back(room.capacity[slot] - charged[slot]);
      const DeviceList devices = kind.request.devices.is_nothing()
                                     ? DeviceList{}
                                     : choose_devices(free, kind.request.devices);
      add_to_row(charged, kind.request, devices);
      add_to_row(row, kind.request, devices);
      --left;
    }
  }
  return left == 0;
}

} // namespace berth::allocation
