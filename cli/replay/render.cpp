#include "cli/replay/render.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/output/table.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;

std::string span_of(TimePoint begin, TimePoint end) {
  return format_time(begin) + " to " + format_time(end);
}

std::string wait_of(const std::optional<Duration>& wait) {
  return wait ? format_duration(*wait) : "-";
}

Cell shift_cell(const ShiftRow& row) {
  switch (row.shift) {
  case Shift::Sooner:
    return {"sooner by " + format_duration(*row.before - *row.after), Colour::Good};
  case Shift::Later:
    return {"later by " + format_duration(*row.after - *row.before), Colour::Careful};
  case Shift::Starts: return {"starts", Colour::Good};
  case Shift::Never: return {"never starts", Colour::Bad};
  case Shift::Same:
  case Shift::Waits: break;
  }
  return {std::string(to_string(row.shift))};
}

/// "3 -> 5", or "3" if it is the same.
template <class T>
std::string both(const T& before, const T& after) {
  return before == after ? fmt::format("{}", before) : fmt::format("{} -> {}", before, after);
}

bool is_shifted(const ShiftRow& row) {
  return row.shift != Shift::Same && row.shift != Shift::Waits;
}

json wait_json(const std::optional<Duration>& wait) {
  return wait ? json(wait->count()) : json();
}

json group_json(const TrialGroup& group) {
  return {{"arrived", group.arrived},
          {"started", group.started},
          {"meanWaitMilliseconds", group.mean.count()},
          {"longestWaitMilliseconds", group.longest.count()}};
}

json result_json(const decision_log::TrialResult& result) {
  return {{"evictions", result.evictions},
          {"wastedCoreSeconds", result.wasted_core_seconds},
          {"cycles", result.cycles}};
}

} // namespace

std::string render_replay(const ReplayView& view, const Paint& paint) {
  const auto number = [](std::size_t count, std::string_view noun) {
    return counted(static_cast<std::int64_t>(count), noun);
  };
  std::string text =
      fmt::format("{} ({} to {}), {}: {}, {}\n", number(view.cycles, "cycle"), view.first,
                  view.last, span_of(view.begin, view.end), number(view.admitted, "admission"),
                  number(view.evicted, "eviction"));
  if (!view.disagreement)
    return text + paint("Every decision was made again as it is recorded.", Colour::Good) + "\n";
  return text + fmt::format("{} {}\n",
                            paint(fmt::format("Cycle {} at {} differs:", view.disagreement->cycle,
                                              format_time(view.disagreement->at)),
                                  Colour::Bad),
                            printable(view.disagreement->what));
}

json replay_json(const ReplayView& view) {
  json document = {{"cycles", view.cycles},           {"firstCycle", view.first},
                   {"lastCycle", view.last},          {"begin", format_time(view.begin)},
                   {"end", format_time(view.end)},    {"admissions", view.admitted},
                   {"evictions", view.evicted},       {"agrees", !view.disagreement.has_value()},
                   {"lastDecision", view.last_digest}};
  if (view.disagreement)
    document["difference"] = {{"cycle", view.disagreement->cycle},
                              {"at", format_time(view.disagreement->at)},
                              {"what", view.disagreement->what}};
  return document;
}

std::string render_comparison(const ComparisonView& view, bool wide, const Paint& paint) {
  Table workloads({"WORKLOAD", "QUOTA", "WAIT", "WAIT THEN", "DIFFERENCE"});
  for (const ShiftRow& row : view.workloads)
    if (wide || is_shifted(row))
      workloads.add({printable(row.workload), printable(row.quota), wait_of(row.before),
                     wait_of(row.after), shift_cell(row)});
  Table quotas({"QUOTA", "ARRIVED", "STARTED", "MEAN WAIT", "LONGEST"});
  for (const GroupRow& row : view.quotas)
    quotas.add({row.quota.empty() ? "-" : printable(row.quota), std::to_string(row.before.arrived),
                both(row.before.started, row.after.started),
                both(format_duration(row.before.mean), format_duration(row.after.mean)),
                both(format_duration(row.before.longest), format_duration(row.after.longest))});
  std::string text =
      workloads.empty() ? "No workload would start at another time.\n" : workloads.str(paint);
  text += "\n" + quotas.str(paint);
  return text + fmt::format("\nevictions {}, core-seconds wasted {}; {}\n",
                            both(view.before.evictions, view.after.evictions),
                            both(view.before.wasted_core_seconds, view.after.wasted_core_seconds),
                            span_of(view.begin, view.end));
}

json comparison_json(const ComparisonView& view) {
  json workloads = json::array();
  for (const ShiftRow& row : view.workloads)
    workloads.push_back({{"workload", row.workload},
                         {"quota", row.quota},
                         {"waitMilliseconds", wait_json(row.before)},
                         {"waitMillisecondsThen", wait_json(row.after)},
                         {"difference", std::string(to_string(row.shift))}});
  json quotas = json::array();
  for (const GroupRow& row : view.quotas)
    quotas.push_back(
        {{"quota", row.quota}, {"asIs", group_json(row.before)}, {"then", group_json(row.after)}});
  return {{"begin", format_time(view.begin)},  {"end", format_time(view.end)},
          {"workloads", std::move(workloads)}, {"quotas", std::move(quotas)},
          {"asIs", result_json(view.before)},  {"then", result_json(view.after)}};
}

} // namespace berth::cli
