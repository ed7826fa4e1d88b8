// The picture that `kubectl berth monitor` draws.

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/amounts.hpp"
#include "cli/monitor/monitor.hpp"
#include "cli/output/bar.hpp"
#include "cli/output/table.hpp"
#include "cli/queue/render.hpp"
#include "cli/status/render.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::cli {
namespace {

using resources::Amount;

std::string head(const MonitorView& view, const Paint& paint) {
  const auto& rows = view.status.reservations;
  const auto open =
      std::ranges::count_if(rows, [](const auto& row) { return row.current.has_value(); });
  std::string text = paint("Berth at " + format_time(view.now), Colour::Strong) + "  " +
                     std::to_string(view.queue.rows.size()) + " waiting, " + std::to_string(open) +
                     "/" + std::to_string(rows.size()) + " reservations open\n";
  if (!view.stale_why.empty())
    text += paint("as of " + format_duration(view.now - view.status.as_of) +
                      " ago: " + printable(view.stale_why),
                  Colour::Bad) +
            "\n";
  return text;
}

std::string pools(const MonitorView& view, const Paint& paint) {
  Table table({"POOL", "RESOURCE", "ALLOCATED/ALLOCATABLE", "ALLOCATED", "ALLOCATABLE", "STATE"});
  for (const PoolRow& pool : view.status.pools) {
    const Cell state{shown(pool.state), colour_of(pool.state)};
    bool first = true;
    for (const PoolResourceRow& row : pool.resources) {
      if (!row.managed)
        continue;
      const Amount whole = row.allocatable.value_or(Amount{});
      const BarParts parts{whole, row.allocated.value_or(Amount{}), row.promised.value_or(Amount{}),
                           row.measured};
      table.add({first ? pool.name : "", std::string(row.name.str()),
                 row.allocated ? draw_bar(parts) : "", shown(row.name, row.allocated),
                 shown(row.name, row.allocatable), first ? state : Cell{}});
      first = false;
    }
    if (first)
      table.add({pool.name, "-", "", "-", "-", state});
  }
  return table.empty() ? "" : "\n" + table.str(paint);
}

std::string quotas(const MonitorView& view, const Paint& paint) {
  Table table({"QUOTA", "ADMITTED", "WAITING", "POOL", "RESOURCE", "USED", "NOMINAL", "BORROWED"});
  for (const QuotaRow& quota : view.status.quotas) {
    const std::string name = std::string(2 * quota.depth, ' ') + quota.name;
    const auto count = [&](auto member) {
      return quota.workloads ? std::to_string((*quota.workloads).*member) : "-";
    };
    std::vector<Cell> begin{name, count(&api::WorkloadCounts::admitted),
                            count(&api::WorkloadCounts::pending)};
    for (const QuotaAmountRow& row : quota.amounts) {
      auto cells = std::exchange(begin, std::vector<Cell>(3));
      const bool borrows = row.borrowed.value_or(Amount{}) > Amount{};
      cells.insert(cells.end(), {row.pool, std::string(row.resource.str()),
                                 shown(row.resource, row.used), shown(row.resource, row.nominal),
                                 Cell{shown(row.resource, row.borrowed),
                                      borrows ? Colour::Careful : Colour::None}});
      table.add(std::move(cells));
    }
    if (quota.amounts.empty()) {
      begin.insert(begin.end(), 5, Cell{"-"});
      table.add(std::move(begin));
    }
  }
  return table.empty() ? "" : "\n" + table.str(paint);
}

std::string waiting(const MonitorView& view, const Paint& paint) {
  const auto& rows = view.queue.rows;
  if (rows.empty())
    return "";
  Table table({"WAITING", "QUOTA", "WAITED", "ASKS", "REASON", "MESSAGE"});
  for (std::size_t at = 0; at < std::min(rows.size(), kMonitorWaitingMax); ++at) {
    const QueueRow& row = rows[at];
    table.add({row.namespace_name + "/" + row.name, row.quota.empty() ? "<none>" : row.quota,
               format_duration(view.now - row.since), request_text(row.requests),
               row.why.reason.empty() ? "-" : row.why.reason, row.why.message});
  }
  std::string text = "\n" + table.str(paint);
  if (rows.size() > kMonitorWaitingMax)
    text += "and " + std::to_string(rows.size() - kMonitorWaitingMax) + " more\n";
  return text;
}

} // namespace

std::string render_monitor(const MonitorView& view, const Paint& paint) {
  return head(view, paint) + pools(view, paint) + quotas(view, paint) + waiting(view, paint);
}

nlohmann::json monitor_json(const MonitorView& view) {
  return {
      {"now", to_json(std::optional(view.now))},
      {"staleBecause", view.stale_why.empty() ? nlohmann::json() : nlohmann::json(view.stale_why)},
      {"status", status_json(view.status)},
      {"queue", queue_json(view.queue)}};
}

} // namespace berth::cli
