#include "lib/allocation/node_fit.hpp"

#include <algorithm>

namespace berth::allocation {
namespace {

std::string taint_text(const Taint& taint) {
  return "taint " + taint.key + (taint.value.empty() ? "" : "=" + taint.value);
}

} // namespace

Eligibility eligibility_of(const PooledNode& node, const PoolName& pool,
                           const Constraints& constraints) {
  if (!pool.empty() && node.pool != pool)
    return Eligibility::NotInPool;
  if (!node.view.ready || node.view.unschedulable)
    return Eligibility::NotReady;
  if (!selectors_match(node.view, constraints))
    return Eligibility::SelectorMismatch;
  if (!device_model_matches(node.view, constraints))
    return Eligibility::DeviceMismatch;
  if (untolerated_taint(node.view, constraints) != nullptr)
    return Eligibility::Tainted;
  if (broken_demand(constraints.rules, node.pool, node.view.labels) != nullptr)
    return Eligibility::Forbidden;
  return Eligibility::Eligible;
}

Reason reason_of(Eligibility eligibility) {
  switch (eligibility) {
  case Eligibility::Eligible: return Reason::Ready;
  case Eligibility::NotInPool: return Reason::NodeNotInPool;
  case Eligibility::NotReady: return Reason::NodeNotReady;
  case Eligibility::DeviceMismatch:
  case Eligibility::SelectorMismatch: return Reason::NodeSelectorMismatch;
  case Eligibility::Tainted: return Reason::NodeTainted;
  case Eligibility::Forbidden: return Reason::ForbiddenByRule;
  }
  return Reason::InternalError;
}

std::string detail_of(Eligibility eligibility, const PooledNode& node,
                      const Constraints& constraints) {
  if (eligibility == Eligibility::NotInPool)
    return node.pool.empty() ? "no pool" : "pool " + node.pool.str();
  if (eligibility == Eligibility::NotReady)
    return node.view.unschedulable ? "cordoned" : "not ready";
  if (eligibility == Eligibility::DeviceMismatch) {
    const std::string* model = node.view.labels.find(kDeviceModelLabel);
    return model == nullptr ? "no device model" : "device model " + *model;
  }
  if (eligibility == Eligibility::Tainted)
    if (const Taint* taint = untolerated_taint(node.view, constraints))
      return taint_text(*taint);
  if (eligibility == Eligibility::Forbidden)
    if (const auto* demand = broken_demand(constraints.rules, node.pool, node.view.labels))
      return to_string(*demand);
  return {};
}

EligibleNodes::EligibleNodes(PoolName pool, Constraints constraints)
    : pool_(std::move(pool)), constraints_(std::move(constraints)) {}

void EligibleNodes::update(const std::shared_ptr<const NodeTable>& table) {
  if (table == table_)
    return;
  const bool same_size = table_ != nullptr && table_->size() == table->size();
  eligibility_.resize(table->size());
  for (NodeIndex node = 0; node < table->size(); ++node)
    if (!same_size || table_->nodes()[node] != table->nodes()[node])
      eligibility_[node] = eligibility_of(table->node(node), pool_, constraints_);
  table_ = table;
}

ColumnRequest to_columns(const ResourceVector& request, const NodeTable& table) {
  ColumnRequest columns;
  columns.devices = device_ask(request);
  columns.first_device = static_cast<ColumnIndex>(table.columns().size());
  const bool asks_for_more_than_pods =
      std::any_of(request.begin(), request.end(), [](const ResourceVector::Entry& entry) {
        return entry.amount > Amount{} && entry.name != ResourceName::pods();
      });
  for (const auto& [name, amount] : request) {
    if (amount <= Amount{} || name.is_virtual())
      continue;
    const bool is_device = name.str() == kDeviceResource || name.str() == kDeviceShareResource;
    const auto column =
        is_device ? table.column(ResourceName{kDeviceResource}) : table.column(name);
    if (!column) {
      columns.is_nowhere = true;
      continue;
    }
    if (is_device)
      columns.device_column = *column;
    if (name.str() == kDeviceShareResource)
      continue; // told apart by device; no column counts shares
    const bool is_scored = !is_device && (!asks_for_more_than_pods || name != ResourceName::pods());
    columns.parts.push_back(ColumnRequest::Part{*column, amount.value(), is_scored});
  }
  return columns;
}

namespace {

void add_signed(std::span<std::int64_t> row, const ColumnRequest& request,
                const DeviceList& devices, std::int64_t sign) {
  for (const ColumnRequest::Part& part : request.parts)
    row[part.column] += sign * part.amount;
  for (const DeviceIndex device : devices)
    if (const auto slot = request.first_device + static_cast<std::size_t>(device);
        device >= 0 && slot < row.size())
      row[slot] += sign * request.devices.milli_each();
}

} // namespace

void add_to_row(std::span<std::int64_t> row, const ColumnRequest& request,
                const DeviceList& devices) {
  add_signed(row, request, devices, 1);
}

void add_rows(std::span<std::int64_t> sum, std::span<const std::int64_t> row, int sign) {
  for (std::size_t column = 0; column < row.size(); ++column)
    sum[column] += sign * row[column];
}

void take_off(std::span<std::int64_t> row, const ColumnRequest& request,
              const DeviceList& devices) {
  add_signed(row, request, devices, -1);
}

std::string resource_of_no_node(const ResourceVector& request, const NodeTable& nodes) {
  for (const auto& [name, amount] : request)
    if (amount > Amount{} && !name.is_virtual() && !nodes.column(name) &&
        (name.str() != kDeviceShareResource || !nodes.column(ResourceName{kDeviceResource})))
      return std::string(name.str());
  return {};
}

namespace {

RoomVerdict::Kind device_room(const ColumnRequest& request, const NodeRoom& room) {
  const std::int64_t each = request.devices.milli_each();
  std::int64_t told_apart = 0;
  std::int64_t free = 0;
  std::int64_t open = 0; // free, and held for nobody else
  for (std::size_t slot = request.first_device; slot < room.capacity.size(); ++slot) {
    const std::int64_t left = room.capacity[slot] - room.charged[slot];
    const std::int64_t held = slot < room.held.size() ? room.held[slot] : 0;
    told_apart += room.capacity[slot] > 0 ? 1 : 0;
    free += left >= each ? 1 : 0;
    open += left - held >= each ? 1 : 0;
  }
  const std::int64_t wanted = request.devices.devices();
  const bool are_counted_only = told_apart == 0 && room.capacity[request.device_column] > 0;
  if (are_counted_only && request.devices.whole > 0)
    return RoomVerdict::Kind::Fits; // the column has said all there is to say
  if (wanted > told_apart)
    return RoomVerdict::Kind::NeverFits;
  if (wanted > free)
    return RoomVerdict::Kind::Short;
  return wanted > open ? RoomVerdict::Kind::Held : RoomVerdict::Kind::Fits;
}

} // namespace

RoomVerdict room_for(const ColumnRequest& request, const NodeRoom& room) {
  if (request.is_nowhere)
    return RoomVerdict{RoomVerdict::Kind::NeverFits, NodeVerdict::kNoColumn};
  RoomVerdict worst;
  const auto note = [&](RoomVerdict::Kind kind, ColumnIndex column) {
    if (kind > worst.kind)
      worst = RoomVerdict{kind, column};
  };
  for (const auto& [column, amount, is_scored] : request.parts) {
    const std::int64_t free = room.capacity[column] - room.charged[column];
    if (amount > room.capacity[column])
      note(RoomVerdict::Kind::NeverFits, column);
    else if (amount > free)
      note(RoomVerdict::Kind::Short, column);
    else if (!room.held.empty() && amount > free - room.held[column])
      note(RoomVerdict::Kind::Held, column);
  }
  if (!request.devices.is_nothing() && request.device_column != NodeVerdict::kNoColumn)
    note(device_room(request, room), request.device_column);
  return worst;
}

DeviceList free_devices(const ColumnRequest& request, const NodeRoom& room) {
  std::vector<std::int64_t> free;
  for (std::size_t slot = request.first_device; slot < room.capacity.size(); ++slot)
    free.push_back(room.capacity[slot] - room.charged[slot] -
                   (room.held.empty() ? 0 : room.held[slot]));
  return choose_devices(free, request.devices);
}

} // namespace berth::allocation
