#include <fmt/format.h>

#include "cli/simulate/picture/picture.hpp"
#include "cli/simulate/render.hpp"
#include "lib/picture/svg.hpp"

namespace berth::cli {
namespace {

using simulator::GroupReport;

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Schedule</title>
<style>
body { margin: 0 auto; max-width: 1200px; padding: 16px; background: #ffffff; color: #1f2933; font: 14px system-ui, sans-serif; }
svg { width: 100%; height: auto; }
table { border-collapse: collapse; margin: 8px 0 24px 0; }
caption { text-align: left; font-weight: 600; padding: 4px 12px; }
th, td { padding: 4px 12px; text-align: right; border-bottom: 1px solid #dfe3e8; }
th { color: #5f6b7a; font-weight: 500; }
th:first-child, td:first-child { text-align: left; }
</style>
</head>
<body>
)";

std::string row_of(const GroupReport& group) {
  return fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>"
                     "<td>{}</td><td>{:.2f}</td></tr>\n",
                     picture::xml_escaped(group.name), group.arrived, group.started,
                     wait_text(group.waits.mean), wait_text(group.waits.p50),
                     wait_text(group.waits.p90), wait_text(group.waits.longest),
                     static_cast<double>(group.stretch_permille) / 1000);
}

std::string table_of(std::string_view title, const std::vector<GroupReport>& groups) {
  std::string rows;
  for (const GroupReport& group : groups)
    rows += row_of(group);
  return fmt::format("<table>\n<caption>Waits by {0}</caption>\n<tr><th>{0}</th><th>arrived</th>"
                     "<th>started</th><th>mean wait</th><th>p50</th>"
                     "<th>p90</th><th>longest</th><th>stretch</th></tr>\n{1}</table>\n",
                     title, rows);
}

} // namespace

std::string schedule_page(const simulator::Scenario& scenario, const simulator::ScenarioRun& run) {
  return std::string(kHead) + draw_schedule(scenario, run) + table_of("class", run.report.classes) +
         table_of("quota", run.report.quotas) + "</body>\n</html>\n";
}

} // namespace berth::cli
