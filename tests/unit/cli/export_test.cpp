// The use of pools and quotas for other programs.

#include <catch2/catch.hpp>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/export/export.hpp"
#include "cli/output/document.hpp"
#include "tests/unit/cli/golden.hpp"
#include "tests/unit/cli/operating_world.hpp"
#include "tests/unit/cli/scene.hpp"

using namespace berth;
using namespace berth::cli;

namespace {

ExportView scene_view() {
  return decide_export(company(), kSceneTime);
}

} // namespace

TEST_CASE("The use of pools and quotas is exported in three formats") {
  check_golden("export.csv", export_csv(scene_view()));
  check_golden("export.json", json_document(export_json(scene_view())));
  check_golden("export.openmetrics", export_open_metrics(scene_view()));
}

TEST_CASE("The order in which objects arrive does not change an export") {
  auto turned = company();
  std::ranges::reverse(turned.pools);
  std::ranges::reverse(turned.quotas);
  CHECK(export_csv(decide_export(turned, kSceneTime)) == export_csv(scene_view()));
}

TEST_CASE("Every line of the CSV has as many cells as there are titles") {
  const std::string csv = export_csv(scene_view());
  const auto commas = std::count(csv.begin(), std::ranges::find(csv, '\n'), ',');
  const auto lines = std::ranges::count(csv, '\n');
  CHECK(std::ranges::count(csv, ',') == commas * lines);
}

TEST_CASE("Text that would end a cell or a label is kept inside it") {
  ExportView view;
  ExportRow row;
  row.is_pool = true;
  row.name = "a\"b,c\nd\\e";
  row.pool = "plain";
  row.resource = resources::ResourceName::cpu();
  row[Measure::Allocated] = 1;
  view.rows.push_back(row);
  CHECK(export_csv(view).find(",\"a\"\"b,c\nd\\e\",plain,cpu,") != std::string::npos);
  CHECK(export_open_metrics(view).find(
            "berth_pool_used{pool=\"a\\\"b,c\\nd\\\\e\",resource=\"cpu\"} 1\n") !=
        std::string::npos);
}

TEST_CASE("OpenMetrics adds up the pools of a quota, as the operator's metrics do") {
  ExportView view;
  for (const char* pool : {"a", "b"}) {
    ExportRow row;
    row.name = "team";
    row.pool = pool;
    row.resource = resources::ResourceName::cpu();
    row[Measure::Used] = 1500;
    view.rows.push_back(row);
  }
  CHECK(export_open_metrics(view).find(
            "berth_quota_used{quota=\"team\",resource=\"cpu\"} 3000\n") != std::string::npos);
}

TEST_CASE("Export asks the server for lists alone") {
  OperatingWorld world;
  const auto before = world.server.writes().size();
  const Answer answer = world.ask(
      Command::Export, [](CliOptions& options) { options.export_format = "openmetrics"; });
  CHECK(answer.exit_code == 0);
  CHECK(answer.out.ends_with("# EOF\n"));
  CHECK(world.server.writes().size() == before);
}
