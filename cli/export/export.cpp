#include "cli/export/export.hpp"

#include <map>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/amounts.hpp"
#include "cli/output/document.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::cli {
namespace {

struct Family {
  const char* name;
  const char* help;
  bool is_pool;
  Measure measure;
};
/// Those of the operator (lib/telemetry/catalog.cpp) by its names; and what it has no metric for.
constexpr std::array<Family, 10> kFamilies{{
    {"berth_pool_capacity", "What a pool has", true, Measure::Allocatable},
    {"berth_pool_used", "What is used of a pool", true, Measure::Allocated},
    {"berth_pool_promised", "What of a pool is promised to reservations", true, Measure::Promised},
    {"berth_pool_measured", "What was measured of a pool", true, Measure::Measured},
    {"berth_pool_physical", "What the nodes of a pool have", true, Measure::Capacity},
    {"berth_quota_nominal", "What a quota owns", false, Measure::Nominal},
    {"berth_quota_used", "What a quota uses", false, Measure::Used},
    {"berth_quota_borrowed", "What a quota uses beyond its own", false, Measure::Borrowed},
    {"berth_quota_lent", "What others use of a quota", false, Measure::Lent},
    {"berth_quota_pending", "What waits in a quota", false, Measure::Pending},
}};

/// Inside the quotes of a label's value.
std::string label_value(const std::string& text) {
  std::string safe;
  for (const char letter : text)
    if (letter == '\n')
      safe += "\\n";
    else
      safe += (letter == '"' || letter == '\\' ? "\\" : "") + std::string(1, letter);
  return safe;
}

std::string family_text(const Family& family, const ExportView& view) {
  using Labels = std::pair<std::string, std::string>;
  std::map<Labels, resources::Amount> sums;
  for (const ExportRow& row : view.rows)
    if (const auto& value = row[family.measure]; row.is_pool == family.is_pool && value)
      sums[{row.name, std::string(row.resource.str())}] += resources::Amount{*value};
  std::string text = "# TYPE " + std::string(family.name) + " gauge\n# HELP " + family.name + " " +
                     family.help + ", in the resource's base unit.\n";
  for (const auto& [labels, sum] : sums)
    text += std::string(family.name) + "{" + (family.is_pool ? "pool" : "quota") + "=\"" +
            label_value(labels.first) + "\",resource=\"" + label_value(labels.second) + "\"} " +
            std::to_string(sum.value()) + "\n";
  return text;
}

} // namespace

async::Task<Answer> answer_export(kube::Client& client, CliOptions options, Surroundings around) {
  const auto observed = co_await observe_status(client);
  if (!observed)
    co_return answer_failure(observed.error());
  const ExportView view = decide_export(*observed, around.now);
  const std::string& format = options.export_format;
  Answer answer;
  if (format == "json")
    answer.out = document_of(Output::Json, export_json(view));
  else
    answer.out = format == "csv" ? export_csv(view) : export_open_metrics(view);
  answer.err = warnings_of(observed->unreadable, around.paint);
  co_return answer;
}

std::string export_csv(const ExportView& view) {
  std::string text = "time,kind,name,pool,resource,unit";
  for (std::size_t at = 0; at < kMeasures; ++at)
    text += "," + std::string(to_string(static_cast<Measure>(at)));
  text += '\n';
  const std::string time = format_time(view.as_of);
  for (const ExportRow& row : view.rows) {
    text += time + (row.is_pool ? ",pool," : ",quota,") + csv_cell(row.name) + "," +
            csv_cell(row.pool) + "," + csv_cell(std::string(row.resource.str())) + "," +
            std::string(unit_of(row.resource));
    for (const auto& value : row.values)
      text += "," + (value ? std::to_string(*value) : "");
    text += '\n';
  }
  return text;
}

nlohmann::json export_json(const ExportView& view) {
  nlohmann::json rows = nlohmann::json::array();
  for (const ExportRow& row : view.rows) {
    nlohmann::json out{{"kind", row.is_pool ? "pool" : "quota"},
                       {"name", row.name},
                       {"pool", row.pool},
                       {"resource", std::string(row.resource.str())},
                       {"unit", std::string(unit_of(row.resource))}};
    for (std::size_t at = 0; at < kMeasures; ++at)
      if (row.values[at])
        out[std::string(to_string(static_cast<Measure>(at)))] = *row.values[at];
    rows.push_back(std::move(out));
  }
  return {{"asOf", to_json(std::optional(view.as_of))}, {"rows", std::move(rows)}};
}

std::string export_open_metrics(const ExportView& view) {
  std::string text;
  for (const Family& family : kFamilies)
    text += family_text(family, view);
  return text + "# EOF\n";
}

} // namespace berth::cli
