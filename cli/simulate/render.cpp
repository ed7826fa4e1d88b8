#include "cli/simulate/render.hpp"

#include <cmath>
#include <cstdlib>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/output/table.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::cli {
namespace {

using nlohmann::json;

std::string percent(double value) {
  return fmt::format("{:.2f} %", value);
}

std::string permille(std::int64_t value) {
  const std::int64_t size = std::abs(value);
  return fmt::format("{}{}.{} %", value < 0 ? "-" : "", size / 10, size % 10);
}

/// Two decimals: what is printed and what is compared are the same number.
double rounded(double value) {
  return std::round(value * 100) / 100;
}

std::int64_t cpu_per_workload(const ScenarioView& view) {
  return view.workloads == 0 ? 0 : view.cpu.count() / static_cast<std::int64_t>(view.workloads);
}

json waits_json(const simulator::WaitReport& waits) {
  return {{"meanMilliseconds", waits.mean.count()},
          {"p50Milliseconds", waits.p50.count()},
          {"p90Milliseconds", waits.p90.count()},
          {"maxMilliseconds", waits.longest.count()}};
}

Table group_table(const char* title, const std::vector<simulator::GroupReport>& groups) {
  Table table({title, "ARRIVED", "STARTED", "MEAN WAIT", "P50", "P90", "LONGEST", "STRETCH"});
  for (const auto& group : groups)
    table.add({printable(group.name), std::to_string(group.arrived), std::to_string(group.started),
               wait_text(group.waits.mean), wait_text(group.waits.p50), wait_text(group.waits.p90),
               wait_text(group.waits.longest),
               fmt::format("{:.2f}", static_cast<double>(group.stretch_permille) / 1000)});
  return table;
}

Table reservation_table(const std::vector<simulator::ReservationReport>& reservations) {
  Table table({"RESERVATION", "WINDOWS", "HONORED", "CALENDAR"});
  for (const auto& reservation : reservations)
    table.add({printable(reservation.name), std::to_string(reservation.windows),
               std::to_string(reservation.honored), printable(reservation.answer)});
  return table;
}

json reservations_json(const std::vector<simulator::ReservationReport>& reservations) {
  json rows = json::array();
  for (const auto& reservation : reservations)
    rows.push_back({{"reservation", reservation.name},
                    {"accepted", reservation.accepted},
                    {"message", reservation.answer},
                    {"windows", reservation.windows},
                    {"windowsHonored", reservation.honored}});
  return rows;
}

std::string gain_text(const simulator::BackfillGain& gain) {
  return fmt::format("backfill gain over FIFO {}: mean wait {} instead of {}\n",
                     permille(gain.permille()), wait_text(gain.mean_wait),
                     wait_text(gain.fifo_mean_wait));
}

json gain_json(const simulator::BackfillGain& gain) {
  return {{"permille", gain.permille()},
          {"compared", gain.compared},
          {"meanWaitMilliseconds", gain.mean_wait.count()},
          {"fifoMeanWaitMilliseconds", gain.fifo_mean_wait.count()},
          {"fifoMakespanMilliseconds", gain.fifo_makespan.count()},
          {"fifoNeverStarted", gain.fifo_never_started}};
}

std::string log_text(const LogSpan& log) {
  return fmt::format("Decision log from {} to {}: {} ran before it, {} had not ended when it did "
                     "({} with an end of their own, {} without: assumed to run on)\n",
                     format_time(log.begin), format_time(log.end), log.ran_before,
                     log.ends_said + log.ends_open, log.ends_said, log.ends_open);
}

json log_json(const LogSpan& log) {
  return {{"begin", format_time(log.begin)},
          {"end", format_time(log.end)},
          {"ranBefore", log.ran_before},
          {"endsSaid", log.ends_said},
          {"endsOpen", log.ends_open}};
}

json groups_json(const char* title, const std::vector<simulator::GroupReport>& groups) {
  json rows = json::array();
  for (const auto& group : groups)
    rows.push_back({{title, group.name},
                    {"arrived", group.arrived},
                    {"started", group.started},
                    {"wait", waits_json(group.waits)},
                    {"stretchPermille", group.stretch_permille}});
  return rows;
}

} // namespace

std::string wait_text(Duration duration) {
  if (duration == Duration{} || duration >= std::chrono::minutes{2})
    return format_duration(duration);
  return fmt::format("{:.3f}s", static_cast<double>(duration.count()) / 1000);
}

std::string render_packing(const PackingView& view, const Paint& paint) {
  Table table({"SEED", "ARRIVED", "FAILED", "GPU ALLOCATED", "UPPER BOUND"});
  for (const auto& run : view.runs)
    table.add({std::to_string(run.seed), std::to_string(run.arrived), std::to_string(run.failed),
               percent(percent_of(run.allocated_milli, run.capacity_milli)),
               percent(percent_of(run.upper_bound_milli, run.capacity_milli))});
  return fmt::format("{}\n{} at {} % load: mean {}, standard deviation {}, upper bound {}\n",
                     table.str(paint), view.strategy, view.load_percent, percent(view.mean),
                     percent(view.deviation), percent(view.upper_bound));
}

json packing_json(const PackingView& view) {
  json runs = json::array();
  for (const auto& run : view.runs)
    runs.push_back(
        {{"seed", run.seed},
         {"arrived", run.arrived},
         {"failed", run.failed},
         {"gpuAllocationPercent", rounded(percent_of(run.allocated_milli, run.capacity_milli))},
         {"upperBoundPercent", rounded(percent_of(run.upper_bound_milli, run.capacity_milli))}});
  return {{"strategy", view.strategy},
          {"loadPercent", view.load_percent},
          {"gpuAllocationPercent",
           {{"mean", rounded(view.mean)},
            {"stddev", rounded(view.deviation)},
            {"upperBound", rounded(view.upper_bound)}}},
          {"seeds", std::move(runs)}};
}

std::string render_scenario(const ScenarioView& view, bool wide, const Paint& paint) {
  const simulator::ScenarioReport& report = view.run.report;
  Table resources({"RESOURCE", "CAPACITY", "MEAN USE"});
  for (const auto& resource : report.resources)
    resources.add({printable(resource.name.str()),
                   resources::format_amount(resource.name, resources::Amount{resource.capacity}),
                   permille(resource.utilization_permille)});
  std::string text = group_table("CLASS", report.classes).str(paint) + "\n";
  if (wide)
    text += group_table("QUOTA", report.quotas).str(paint) + "\n";
  text += resources.str(paint) + "\n";
  if (!report.reservations.empty())
    text += reservation_table(report.reservations).str(paint) + "\n";
  text += fmt::format("makespan {}, fairness {}, fragmentation {}, evictions {} ({} core-seconds "
                      "wasted), never started {}\n",
                      wait_text(report.makespan), permille(report.fairness_permille),
                      permille(report.fragmentation_permille), report.evictions,
                      report.wasted_core_seconds, report.never_started);
  if (view.gain)
    text += gain_text(*view.gain);
  text += fmt::format("{} in {}, {} us of processor time each\n",
                      counted(static_cast<std::int64_t>(view.workloads), "workload"),
                      counted(static_cast<std::int64_t>(report.cycles), "cycle"),
                      cpu_per_workload(view));
  return view.log ? text + log_text(*view.log) : text;
}

json scenario_json(const ScenarioView& view) {
  const simulator::ScenarioReport& report = view.run.report;
  json resources = json::array();
  for (const auto& resource : report.resources)
    resources.push_back({{"name", resource.name.str()},
                         {"capacity", resources::format_amount(
                                          resource.name, resources::Amount{resource.capacity})},
                         {"utilizationPermille", resource.utilization_permille}});
  json document = {{"classes", groups_json("class", report.classes)},
                   {"quotas", groups_json("quota", report.quotas)},
                   {"resources", std::move(resources)},
                   {"makespanMilliseconds", report.makespan.count()},
                   {"fairnessPermille", report.fairness_permille},
                   {"fragmentationPermille", report.fragmentation_permille},
                   {"evictions", report.evictions},
                   {"wastedCoreSeconds", report.wasted_core_seconds},
                   {"reservations", reservations_json(report.reservations)},
                   {"neverStarted", report.never_started},
                   {"workloads", view.workloads},
                   {"cycles", report.cycles},
                   {"cpuMicrosecondsPerWorkload", cpu_per_workload(view)}};
  if (view.gain)
    document["backfillGain"] = gain_json(*view.gain);
  if (view.log)
    document["log"] = log_json(*view.log);
  return document;
}

} // namespace berth::cli
