#include "cli/history/decide.hpp"

#include <map>

namespace berth::cli {
namespace {

using decision_log::AuditEntry;
using decision_log::AuditVerb;

/// For what each workload waits, as it was told last.
class Refusals {
public:
  [[nodiscard]] bool is_told(const AuditEntry& entry) {
    const std::string who = entry.workload.empty() ? "reservation " + entry.name : entry.workload;
    if (entry.verb != AuditVerb::Refuse) {
      reasons_.erase(who);
      return false;
    }
    const auto [known, is_new] = reasons_.try_emplace(who, entry.reason);
    if (is_new || known->second != entry.reason) {
      known->second = entry.reason;
      return false;
    }
    return true;
  }

private:
  std::map<std::string, Reason> reasons_;
};

} // namespace

std::string HistoryRow::who() const {
  return is_reservation() ? "reservation " + entry.name : entry.namespace_name + "/" + entry.name;
}

bool matches(const HistoryFilter& filter, const HistoryRow& row) {
  const AuditEntry& entry = row.entry;
  return (filter.namespace_name.empty() || filter.namespace_name == entry.namespace_name) &&
         (filter.name.empty() || filter.name == entry.name) &&
         (filter.quota.empty() || filter.quota == entry.quota);
}

void keep_since(const HistoryFilter& filter, HistoryView& view) {
  if (filter.since && view.end)
    std::erase_if(view.rows, [from = *view.end - *filter.since](const HistoryRow& row) {
      return row.at < from;
    });
}

Result<HistoryView> decide_history(decision_log::LogReader& log, const HistoryFilter& filter) {
  HistoryView view;
  Refusals refusals;
  while (auto cycle = log.next()) {
    view.end = cycle->line.now;
    view.begin = view.begin.value_or(cycle->line.now);
    for (AuditEntry& entry : cycle->audit) {
      const bool is_told = refusals.is_told(entry);
      HistoryRow row{cycle->line.now, cycle->line.cycle, std::move(entry)};
      if (!is_told && matches(filter, row))
        view.rows.push_back(std::move(row));
    }
  }
  if (!view.begin)
    return fail(Code::NotFound, "the log holds no readable cycle");
  keep_since(filter, view);
  return view;
}

} // namespace berth::cli
