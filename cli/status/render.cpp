#include "cli/status/render.hpp"

#include <utility>

#include "cli/amounts.hpp"
#include "cli/output/bar.hpp"
#include "cli/output/table.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::cli {
namespace {

using resources::Amount;

std::string render_reservations(const StatusView& view, bool wide, const Paint& paint);

std::string heading(std::string_view title, const std::string& table, std::string_view none) {
  return std::string(title) + "\n" + (table.empty() ? std::string(none) + "\n" : table);
}

/// The bar and "75%" of allocatable; empty where there is nothing to allocate, or it is not known
/// how much is.
Cell bar_cell(const PoolResourceRow& row) {
  const Amount whole = row.allocatable.value_or(Amount{});
  if (whole <= Amount{} || !row.allocated)
    return {""};
  const auto percent = resources::scaled(*row.allocated, 100, whole.value());
  return {draw_bar({whole, *row.allocated, row.promised.value_or(Amount{}), row.measured}) + " " +
          std::to_string(percent.value()) + "%"};
}

Cell state_cell(const StateWord& state) {
  return {shown(state), colour_of(state)};
}

std::string nodes_text(const PoolRow& pool) {
  if (!pool.nodes)
    return "-";
  return std::to_string(pool.nodes->ready) + "/" + std::to_string(pool.nodes->total);
}

std::vector<Cell> pool_cells(const PoolRow& pool, const PoolResourceRow& row, bool first) {
  const auto amount = [&](const std::optional<Amount>& value) { return shown(row.name, value); };
  return {first ? pool.name : "",
          first ? state_cell(pool.state) : Cell{},
          first ? nodes_text(pool) : "",
          std::string(row.name.str()),
          amount(row.allocated),
          amount(row.promised),
          shown_roughly(row.name, row.measured),
          amount(row.allocatable),
          bar_cell(row)};
}

/// The line of a pool none of whose resources has been counted yet.
std::vector<Cell> empty_pool_cells(const PoolRow& pool) {
  return {pool.name, state_cell(pool.state), nodes_text(pool), "-", "-", "-", "-", "-", ""};
}

/// "|- " and "`- " before the name of row `at`, and a line down past each ancestor that has
/// siblings below.
std::string branches(const std::vector<QuotaRow>& rows, std::size_t at) {
  const auto has_later_sibling = [&](std::size_t depth) {
    for (std::size_t next = at + 1; next < rows.size() && rows[next].depth >= depth; ++next)
      if (rows[next].depth == depth)
        return true;
    return false;
  };
  std::string text;
  for (std::size_t depth = 1; depth < rows[at].depth; ++depth)
    text += has_later_sibling(depth) ? "|  " : "   ";
  if (rows[at].depth > 0)
    text += has_later_sibling(rows[at].depth) ? "|- " : "`- ";
  return text;
}

std::string first_pending_text(const QuotaRow& row) {
  if (!row.first_pending)
    return "-";
  const auto& first = *row.first_pending;
  return first.namespace_name + "/" + first.name + ": " + std::string(to_string(first.reason));
}

std::vector<Cell> quota_head_cells(const QuotaRow& row, const std::string& branch) {
  std::vector<Cell> cells{branch + row.name, state_cell(row.state)};
  for (const auto count : {&api::WorkloadCounts::admitted, &api::WorkloadCounts::pending})
    cells.emplace_back(row.workloads ? std::to_string((*row.workloads).*count) : "-");
  return cells;
}

std::vector<Cell> quota_amount_cells(const QuotaAmountRow& row) {
  const auto amount = [&](const std::optional<Amount>& value) {
    return shown(row.resource, value);
  };
  const auto above_zero = [](const std::optional<Amount>& value) {
    return value.value_or(Amount{}) > Amount{} ? Colour::Careful : Colour::None;
  };
  return {row.pool,
          std::string(row.resource.str()),
          amount(row.used),
          amount(row.nominal),
          Cell{amount(row.borrowed), above_zero(row.borrowed)},
          Cell{amount(row.pending), above_zero(row.pending)}};
}

void add_quota(Table& table, const QuotaRow& row, const std::string& branch, bool wide) {
  static const QuotaAmountRow kNone;
  const std::size_t lines = std::max<std::size_t>(row.amounts.size(), 1);
  for (std::size_t line = 0; line < lines; ++line) {
    std::vector<Cell> cells = line == 0 ? quota_head_cells(row, branch) : std::vector<Cell>(4);
    auto amounts =
        row.amounts.empty() ? std::vector<Cell>(6, "-") : quota_amount_cells(row.amounts[line]);
    cells.insert(cells.end(), amounts.begin(), amounts.end());
    if (wide)
      cells.emplace_back(line == 0 ? first_pending_text(row) : "");
    table.add(std::move(cells));
  }
}

/// "since 3m, until 2026-03-02T10:00:00Z", "in 5m, for 1h", "possible from ...", or "-".
std::string window_text(const ReservationRow& row, TimePoint now) {
  if (row.current)
    return "open since " + format_duration(now - row.current->start) +
           (row.current->end ? ", ends in " + format_duration(*row.current->end - now) : "");
  if (row.next)
    return "opens in " + format_duration(row.next->start - now) +
           (row.next->end ? " for " + format_duration(*row.next->end - row.next->start) : "");
  if (row.trigger && row.trigger->holds_since)
    return "triggered since " + format_duration(now - *row.trigger->holds_since);
  if (row.next_possible_start)
    return "possible from " + format_time(*row.next_possible_start);
  return "-";
}

/// "3/4" windows.
std::string honored_text(const ReservationRow& row) {
  if (!row.windows_honored || !row.windows_total)
    return "-";
  return std::to_string(*row.windows_honored) + "/" + std::to_string(*row.windows_total);
}

std::string render_reservations(const StatusView& view, bool wide, const Paint& paint) {
  std::vector<std::string> titles{"RESERVATION", "STATE", "POOL",   "QUOTA",  "KIND",
                                  "PROMISED",    "USED",  "WINDOW", "HONORED"};
  if (wide)
    titles.insert(titles.end(), {"HOLDERS", "NEXT START", "MESSAGE"});
  Table table(std::move(titles));
  for (const ReservationRow& row : view.reservations) {
    std::vector<Cell> cells{row.name,
                            state_cell(row.state),
                            row.pool,
                            row.quota,
                            row.kind,
                            row.promised,
                            row.current ? request_text(row.current->used) : "-",
                            window_text(row, view.as_of),
                            honored_text(row)};
    if (wide) {
      cells.emplace_back(number_or_dash(row.holders));
      cells.emplace_back(row.next ? format_time(row.next->start) : "-");
      cells.emplace_back(row.state.message);
    }
    table.add(std::move(cells));
  }
  return table.empty() ? "" : table.str(paint);
}

} // namespace

std::string render_status(const StatusView& view, bool wide, const Paint& paint) {
  const auto title = [&](std::string_view text) { return paint(text, Colour::Strong); };
  return heading(title("Pools"), render_pools(view.pools, wide, paint), "no ResourcePool exists") +
         "\n" +
         heading(title("Quotas"), render_quotas(view.quotas, wide, paint), "no Quota exists") +
         "\n" +
         heading(title("Reservations"), render_reservations(view, wide, paint),
                 "no Reservation exists");
}

std::string render_pools(const std::vector<PoolRow>& pools, bool wide, const Paint& paint) {
  std::vector<std::string> titles{"POOL",     "STATE",       "NODES",
                                  "RESOURCE", "ALLOCATED",   "PROMISED",
                                  "MEASURED", "ALLOCATABLE", "ALLOCATED/ALLOCATABLE"};
  if (wide)
    titles.insert(titles.end(), {"CAPACITY", "LARGEST FREE", "STRATEGY", "METRICS"});
  Table table(std::move(titles));
  for (const PoolRow& pool : pools) {
    bool first = true;
    for (const PoolResourceRow& row : pool.resources) {
      if (!wide && !row.managed)
        continue;
      auto cells = pool_cells(pool, row, first);
      if (wide) {
        cells.emplace_back(shown(row.name, row.capacity));
        cells.emplace_back(shown(row.name, row.largest_free));
        cells.emplace_back(first ? pool.strategy : "");
        cells.push_back(first ? state_cell(pool.metrics) : Cell{});
      }
      table.add(std::move(cells));
      first = false;
    }
    if (!first)
      continue;
    auto cells = empty_pool_cells(pool);
    if (wide)
      cells.insert(cells.end(), {"-", "-", pool.strategy, state_cell(pool.metrics)});
    table.add(std::move(cells));
  }
  return table.empty() ? "" : table.str(paint);
}

std::string render_quotas(const std::vector<QuotaRow>& quotas, bool wide, const Paint& paint) {
  std::vector<std::string> titles{"QUOTA",    "STATE", "ADMITTED", "WAITING",  "POOL",
                                  "RESOURCE", "USED",  "NOMINAL",  "BORROWED", "PENDING"};
  if (wide)
    titles.emplace_back("FIRST WAITING");
  Table table(std::move(titles));
  for (std::size_t at = 0; at < quotas.size(); ++at)
    add_quota(table, quotas[at], branches(quotas, at), wide);
  return table.empty() ? "" : table.str(paint);
}

} // namespace berth::cli
