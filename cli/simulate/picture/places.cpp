#include "cli/simulate/picture/places.hpp"

#include <algorithm>
#include <map>

#include "cli/simulate/picture/bands.hpp"
#include "cli/simulate/picture/heat.hpp"

namespace berth::cli {
namespace {

/// How many bars bands would have.
std::size_t count_bars(const Scene& scene) {
  std::size_t bars = 0;
  for (const simulator::WorkloadRecord& record : scene.records)
    bars += record.nodes.size();
  return bars;
}

std::vector<HeatRow> rows_of_nodes(const Scene& scene, const Canvas& canvas) {
  const HeatShape shape{canvas.time().end, canvas.legend().names.size()};
  const auto& nodes = scene.scenario.nodes;
  const std::size_t count = std::min(nodes.size(), kHeatRowsMax);
  std::vector<HeatRow> rows(count, HeatRow(shape));
  const auto row_of = [&](std::size_t node) { return node * count / nodes.size(); };
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    HeatRow& row = rows[row_of(i)];
    row.capacity += scene.yardstick.of_node(nodes[i]);
    if (row.label.empty())
      row.label = nodes[i].name.str();
  }
  for (const simulator::WorkloadRecord& record : scene.records)
    for (const std::size_t node : record.nodes)
      rows[row_of(node)].add(record, scene, canvas.legend());
  return rows;
}

std::vector<HeatRow> rows_of_quotas(const Scene& scene, const Canvas& canvas) {
  const HeatShape shape{canvas.time().end, canvas.legend().names.size()};
  std::map<QuotaName, std::size_t> positions;
  std::vector<HeatRow> rows;
  for (const simulator::WorkloadRecord& record : scene.records) {
    const simulator::WorkloadSet& set = scene.scenario.workloads[record.set];
    const auto [at, is_new] = positions.emplace(set.quota, rows.size());
    if (is_new && rows.size() == kHeatRowsMax)
      break;
    if (is_new)
      rows.emplace_back(shape).label = set.quota.str();
    for (std::size_t member = 0; member < record.nodes.size(); ++member)
      rows[at->second].add(record, scene, canvas.legend());
  }
  for (const allocation::QuotaSpec& quota : scene.scenario.quotas)
    if (const auto at = positions.find(quota.name);
        at != positions.end() && at->second < rows.size())
      for (const allocation::QuotaPool& pool : quota.pools)
        for (const allocation::QuotaAmount& amount : pool.resources)
          if (amount.name == scene.yardstick.name)
            rows[at->second].capacity += static_cast<double>(amount.nominal.value());
  return rows;
}

} // namespace

void draw_places(Canvas& canvas, const Scene& scene) {
  const std::string resource(scene.yardstick.name.str());
  const std::size_t nodes = scene.scenario.nodes.size();
  if (nodes > 1 && nodes <= kBandsMax && count_bars(scene) <= kBarsMax) {
    canvas.panel_title("Who ran where: each node's " + resource);
    draw_bands(canvas, scene);
    return;
  }
  const std::string noun(canvas.legend().noun);
  if (nodes > 1) {
    canvas.panel_title("Who ran where: the colour of the " + noun + " that held most " + resource +
                       " there, darker where more was in use");
    draw_heat(canvas, rows_of_nodes(scene, canvas), "of its " + resource);
    return;
  }
  canvas.panel_title("Whose turn it was: the colour of the " + noun + " that held most of the " +
                     "quota's " + resource + ", darker where more was in use");
  draw_heat(canvas, rows_of_quotas(scene, canvas), "of its nominal " + resource);
}

} // namespace berth::cli
