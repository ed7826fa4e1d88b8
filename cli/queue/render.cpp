#include "cli/queue/render.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "cli/amounts.hpp"
#include "cli/output/table.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;

std::string kind_text(const QueueRow& row) {
  if (!row.gang)
    return "Pod";
  if (row.request)
    return "Request " + std::to_string(row.members);
  return "Gang " + std::to_string(row.members_waiting) + "/" + std::to_string(row.members);
}

std::vector<Cell> cells_of(const QueueRow& row, TimePoint now) {
  return {Cell{row.quota.empty() ? "<none>" : row.quota,
               row.quota.empty() ? Colour::Bad : Colour::None},
          number_or_dash(row.position),
          row.namespace_name + "/" + row.name,
          kind_text(row),
          std::to_string(row.priority),
          format_duration(now - row.since),
          request_text(row.requests),
          Cell{row.why.reason.empty() ? "-" : row.why.reason, Colour::Careful},
          row.why.message};
}

json row_json(const QueueRow& row) {
  return {{"quota", row.quota},
          {"position", number_or_null(row.position)},
          {"turn", number_or_null(row.turn)},
          {"kind", row.request ? "AllocationRequest"
                   : row.gang  ? "Gang"
                               : "Pod"},
          {"namespace", row.namespace_name},
          {"name", row.name},
          {"membersWaiting", row.members_waiting},
          {"members", row.members},
          {"priority", row.priority},
          {"since", to_json(std::optional(row.since))},
          {"requests", to_json(row.requests)},
          {"reason", row.why.reason},
          {"message", row.why.message}};
}

} // namespace

std::string render_queue(const QueueView& view, bool wide, const Paint& paint) {
  if (view.rows.empty())
    return "nothing waits\n";
  std::vector<std::string> titles{"QUOTA",  "POSITION", "WORKLOAD", "KIND",   "PRIORITY",
                                  "WAITED", "ASKS",     "REASON",   "MESSAGE"};
  if (wide)
    titles.insert(titles.begin() + 2, {"TURN", "SINCE"});
  Table table(std::move(titles));
  for (const QueueRow& row : view.rows) {
    auto cells = cells_of(row, view.as_of);
    if (wide)
      cells.insert(cells.begin() + 2, {number_or_dash(row.turn), format_time(row.since)});
    table.add(std::move(cells));
  }
  return table.str(paint);
}

json queue_json(const QueueView& view) {
  json rows = json::array();
  for (const QueueRow& row : view.rows)
    rows.push_back(row_json(row));
  return {{"asOf", to_json(std::optional(view.as_of))}, {"workloads", std::move(rows)}};
}

} // namespace berth::cli
