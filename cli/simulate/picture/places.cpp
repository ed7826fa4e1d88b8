#include "cli/simulate/picture/places.hpp"

#include <algorithm>
#include <map>

#include "cli/simulate/picture/bands.hpp"
#include "cli/simulate/picture/heat.hpp"

namespace berth::cli {
namespace {

std::size_t yardstick_of(const Scene& scene, const allocation::NodeView& node) {
  for (std::size_t i = 0; i < scene.yardsticks.size(); ++i)
    if (scene.yardsticks[i].of_node(node) > 0)
      return i;
  return 0;
}

/// "nvidia.com/gpu or else cpu": what the nodes are measured by.
std::string measure_text(const Scene& scene) {
  std::vector<bool> used(scene.yardsticks.size());
  for (const allocation::NodeView& node : scene.scenario.nodes)
    used[yardstick_of(scene, node)] = true;
  std::string text;
  for (std::size_t i = 0; i < used.size(); ++i)
    if (used[i])
      text += (text.empty() ? "" : " or else ") + std::string(scene.yardsticks[i].name.str());
  return text;
}

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
    row.capacity += 1; // nodes
    if (row.label.empty())
      row.label = nodes[i].name.str();
  }
  for (const simulator::WorkloadRecord& record : scene.records)
    for (const std::size_t node : record.nodes)
      rows[row_of(node)].use[canvas.legend().of_set[record.set]].add(
          *record.started, record.ended,
          scene.share(scene.scenario.workloads[record.set], nodes[node]));
  return rows;
}

std::vector<HeatRow> rows_of_quotas(const Scene& scene, const Canvas& canvas) {
  const HeatShape shape{canvas.time().end, canvas.legend().names.size()};
  const Yardstick& yardstick = scene.yardsticks.front();
  std::map<QuotaName, std::size_t> positions;
  std::vector<HeatRow> rows;
  for (const simulator::WorkloadRecord& record : scene.records) {
    const simulator::WorkloadSet& set = scene.scenario.workloads[record.set];
    const auto [at, is_new] = positions.emplace(set.quota, rows.size());
    if (is_new && rows.size() == kHeatRowsMax)
      break;
    if (is_new)
      rows.emplace_back(shape).label = set.quota.str();
    if (record.started)
      rows[at->second].use[canvas.legend().of_set[record.set]].add(
          *record.started, record.ended, yardstick.of_pod(set) * set.members);
  }
  for (const allocation::QuotaSpec& quota : scene.scenario.quotas)
    if (const auto at = positions.find(quota.name);
        at != positions.end() && at->second < rows.size())
      for (const allocation::QuotaPool& pool : quota.pools)
        for (const allocation::QuotaAmount& amount : pool.resources)
          if (amount.name == yardstick.name)
            rows[at->second].capacity += static_cast<double>(amount.nominal.value());
  return rows;
}

} // namespace

double Scene::share(const simulator::WorkloadSet& set, const allocation::NodeView& node) const {
  const Yardstick& yardstick = yardsticks[yardstick_of(*this, node)];
  const double capacity = yardstick.of_node(node);
  return capacity > 0 ? yardstick.of_pod(set) / capacity : 0;
}

double Scene::held(const simulator::WindowPlace& place) const {
  simulator::WorkloadSet as_pod;
  as_pod.requests = place.amounts;
  return std::clamp(share(as_pod, scenario.nodes[place.node]), 0.0, 1.0);
}

void draw_places(Canvas& canvas, const Scene& scene) {
  const std::size_t nodes = scene.scenario.nodes.size();
  if (nodes > 1 && nodes <= kBandsMax && count_bars(scene) <= kBarsMax) {
    canvas.panel_title("Who ran where: each node's " + measure_text(scene));
    draw_bands(canvas, scene);
    return;
  }
  const std::string noun(canvas.legend().noun);
  if (nodes > 1) {
    canvas.panel_title("Who ran where: the colour of the " + noun + " that held most " +
                       measure_text(scene) + " there, darker where more was in use");
    draw_heat(canvas, rows_of_nodes(scene, canvas), "in use");
    return;
  }
  const std::string resource(scene.yardsticks.front().name.str());
  canvas.panel_title("Whose turn it was: the colour of the " + noun + " that held most of the " +
                     "quota's " + resource + ", darker where more was in use");
  draw_heat(canvas, rows_of_quotas(scene, canvas), "of its nominal " + resource + " in use");
}

} // namespace berth::cli
