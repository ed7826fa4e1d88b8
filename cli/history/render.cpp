#include "cli/history/render.hpp"

#include <nlohmann/json.hpp>

#include "cli/amounts.hpp"
#include "cli/output/document.hpp"
#include "cli/output/table.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::cli {
namespace {

using decision_log::AuditEntry;
using decision_log::AuditVerb;
using nlohmann::json;

/// "granted": what happened to whoever the line names.
std::string_view decision_word(AuditVerb verb) {
  switch (verb) {
  case AuditVerb::Grant: return "granted";
  case AuditVerb::Notice: return "noticed";
  case AuditVerb::Take: return "taken";
  case AuditVerb::Refuse: return "refused";
  }
  return "refused";
}

Colour colour_of(AuditVerb verb) {
  switch (verb) {
  case AuditVerb::Grant: return Colour::Good;
  case AuditVerb::Notice: return Colour::Careful;
  case AuditVerb::Take: return Colour::Bad;
  case AuditVerb::Refuse: break;
  }
  return Colour::None;
}

std::string or_dash(std::string text) {
  return text.empty() ? "-" : printable(text);
}

void append(std::string& sentence, const std::string& part) {
  if (!part.empty())
    sentence += (sentence.empty() ? "" : "; ") + part;
}

/// The sentence with the numbers, and whom it is owed to.
std::string why_text(const AuditEntry& entry) {
  const bool is_taken = entry.verb == AuditVerb::Notice || entry.verb == AuditVerb::Take;
  std::string text = entry.why;
  if (!entry.by.empty())
    append(text, (is_taken ? "for " : "in ") + entry.by);
  if (!entry.rules.empty())
    append(text, (entry.rules.size() == 1 ? "rule " : "rules ") + joined(entry.rules, " "));
  if (entry.verb == AuditVerb::Grant && entry.waited > Duration{})
    append(text, "waited " + format_duration(entry.waited));
  return text.empty() ? std::string(to_string(entry.reason))
                      : std::string(to_string(entry.reason)) + ": " + text;
}

} // namespace

std::string render_history(const HistoryView& view, bool wide, const Paint& paint) {
  if (view.rows.empty())
    return "No decision that is known matches.\n";
  std::vector<std::string> titles{"TIME", "DECISION", "WHO", "QUOTA"};
  if (wide)
    titles.insert(titles.end(), {"CYCLE", "POOL", "AMOUNTS", "NODES"});
  titles.emplace_back("WHY");
  Table table(std::move(titles));
  for (const HistoryRow& row : view.rows) {
    const AuditEntry& entry = row.entry;
    std::vector<Cell> cells{format_time(row.at),
                            {std::string(decision_word(entry.verb)), colour_of(entry.verb)},
                            printable(row.who()),
                            or_dash(entry.quota)};
    if (wide) {
      cells.emplace_back(row.cycle == 0 ? "-" : std::to_string(row.cycle));
      cells.emplace_back(or_dash(entry.pool));
      cells.emplace_back(or_dash(request_text(entry.amounts)));
      cells.emplace_back(or_dash(joined(entry.nodes, " ")));
    }
    cells.emplace_back(printable(why_text(entry)));
    table.add(std::move(cells));
  }
  return table.str(paint);
}

json history_json(const HistoryView& view) {
  json rows = json::array();
  for (const HistoryRow& row : view.rows) {
    const AuditEntry& entry = row.entry;
    rows.push_back({{"time", format_time(row.at)},
                    {"cycle", row.cycle == 0 ? json() : json(row.cycle)},
                    {"decision", std::string(decision_word(entry.verb))},
                    {"kind", row.is_reservation() ? "Reservation" : "Workload"},
                    {"namespace", entry.namespace_name},
                    {"name", entry.name},
                    {"workload", entry.workload},
                    {"quota", entry.quota},
                    {"pool", entry.pool},
                    {"amounts", to_json(entry.amounts)},
                    {"nodes", entry.nodes},
                    {"reason", std::string(to_string(entry.reason))},
                    {"message", entry.why},
                    {"by", entry.by},
                    {"rules", entry.rules},
                    {"waitedMilliseconds", entry.waited.count()}});
  }
  return {
      {"begin", to_json(view.begin)}, {"end", to_json(view.end)}, {"decisions", std::move(rows)}};
}

std::string history_csv(const HistoryView& view) {
  std::string text = "time,cycle,decision,kind,namespace,name,quota,pool,amounts,nodes,"
                     "waited_seconds,reason,message,by,rules\n";
  for (const HistoryRow& row : view.rows) {
    const AuditEntry& entry = row.entry;
    const auto waited = std::chrono::duration_cast<std::chrono::seconds>(entry.waited).count();
    std::string line;
    for (const std::string& cell :
         {format_time(row.at), row.cycle == 0 ? std::string{} : std::to_string(row.cycle),
          std::string(decision_word(entry.verb)),
          std::string(row.is_reservation() ? "Reservation" : "Workload"), entry.namespace_name,
          entry.name, entry.quota, entry.pool, request_text(entry.amounts),
          joined(entry.nodes, " "), std::to_string(waited), std::string(to_string(entry.reason)),
          entry.why, entry.by, joined(entry.rules, " ")})
      line += (line.empty() ? "" : ",") + csv_cell(cell);
    text += line + "\n";
  }
  return text;
}

} // namespace berth::cli
