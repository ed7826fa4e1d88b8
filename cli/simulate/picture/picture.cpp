#include "cli/simulate/picture/picture.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "cli/output/text.hpp"
#include "cli/simulate/picture/canvas.hpp"
#include "cli/simulate/picture/places.hpp"
#include "cli/simulate/picture/reservations.hpp"
#include "cli/simulate/picture/time_bins.hpp"

namespace berth::cli {
namespace {

using simulator::ResourceReport;
using simulator::Scenario;
using simulator::ScenarioRun;
using simulator::WorkloadRecord;

constexpr std::size_t kBins = 520;
constexpr std::size_t kResourcesMax = 3;
constexpr double kStackHeight = 120;
constexpr double kRounding = 1.0001; ///< sums of many shares are not exact

/// Until everything ended and everything arrived.
Duration end_of(const ScenarioRun& run) {
  Duration end = std::max(run.report.makespan, Duration{1});
  for (const WorkloadRecord& record : run.records)
    end = std::max(end, record.arrived);
  return end;
}

/// Those that were used most, the most used first.
std::vector<ResourceReport> main_resources(const ScenarioRun& run) {
  std::vector<ResourceReport> resources = run.report.resources;
  std::ranges::stable_sort(resources, std::greater<>(), &ResourceReport::utilization_permille);
  resources.resize(std::min(resources.size(), kResourcesMax));
  return resources;
}

/// One area for each entry of the legend.
class Areas {
public:
  explicit Areas(const Canvas& canvas)
      : bins_(canvas.legend().names.size(), TimeBins(canvas.time().end, kBins)) {}

  void add(std::size_t entry, Duration from, Duration until, double amount) {
    bins_[entry].add(from, until, amount);
  }
  /// Fills the panel's areas and raises its scale to what they reach.
  void move_to(StackPanel& panel) const {
    std::vector<double> sums(kBins);
    for (std::size_t entry = 0; entry < bins_.size(); ++entry) {
      panel.areas.push_back({entry, bins_[entry].means()});
      for (std::size_t bin = 0; bin < kBins; ++bin)
        sums[bin] += panel.areas.back().values[bin];
    }
    for (const double sum : sums)
      panel.most = std::max(panel.most, sum);
  }

private:
  std::vector<TimeBins> bins_;
};

void draw_use(Canvas& canvas, const Scene& scene, const ResourceReport& resource) {
  const Yardstick yardstick{resource.name};
  const auto amount_text = [&](double amount) {
    const auto rounded = static_cast<std::int64_t>(std::llround(amount));
    return resources::format_amount(resource.name, resources::Amount{rounded});
  };
  StackPanel panel;
  panel.title = fmt::format("{} in use, {}.{} % in the mean", resource.name.str(),
                            resource.utilization_permille / 10, resource.utilization_permille % 10);
  panel.capacity = static_cast<double>(resource.capacity);
  panel.capacity_text = "capacity " + amount_text(panel.capacity);
  panel.most = panel.capacity;
  Areas areas(canvas);
  for (const WorkloadRecord& record : scene.records)
    if (record.started) {
      const simulator::WorkloadSet& set = scene.scenario.workloads[record.set];
      areas.add(canvas.legend().of_set[record.set], *record.started, record.ended,
                yardstick.of_pod(set) * set.members);
    }
  areas.move_to(panel);
  if (panel.most < panel.capacity * kRounding)
    panel.most = panel.capacity;
  panel.top_text = amount_text(panel.most);
  canvas.skip(12); // for the text above the line of the capacity
  canvas.stack(panel, kStackHeight);
}

void draw_queue(Canvas& canvas, const Scene& scene) {
  StackPanel panel;
  Areas areas(canvas);
  for (const WorkloadRecord& record : scene.records)
    areas.add(canvas.legend().of_set[record.set], record.arrived,
              record.started.value_or(canvas.time().end), 1);
  areas.move_to(panel);
  panel.most = std::max(std::ceil(panel.most / kRounding), 1.0);
  panel.title = "Workloads that wait";
  panel.top_text = fmt::format("{:.0f}", panel.most);
  canvas.stack(panel, kStackHeight);
}

std::string subtitle_of(const Scenario& scenario, const ScenarioRun& run) {
  return fmt::format("{} on {} in {}; {} never started, fairness {}.{} %",
                     counted(std::ssize(run.records), "workload"),
                     counted(std::ssize(scenario.nodes), "node"),
                     format_duration(run.report.makespan), run.report.never_started,
                     run.report.fairness_permille / 10, run.report.fairness_permille % 10);
}

} // namespace

bool is_picture_name(std::string_view file) {
  return file.ends_with(".svg") || file.ends_with(".html");
}

std::string draw_schedule(const Scenario& scenario, const ScenarioRun& run) {
  const std::vector<ResourceReport> resources = main_resources(run);
  std::vector<Yardstick> yardsticks;
  for (const ResourceReport& resource : resources)
    yardsticks.push_back({resource.name});
  if (yardsticks.empty())
    yardsticks.push_back({resources::ResourceName::cpu()});
  const Legend legend = make_legend(scenario, yardsticks.front());
  Canvas canvas(legend, TimeScale{end_of(run)});
  canvas.heading("Schedule", subtitle_of(scenario, run));
  std::vector<WorkloadRecord> records = run.records;
  records.insert(records.end(), run.evicted.begin(), run.evicted.end());
  const Scene scene{scenario, records, yardsticks, run.windows, run.report.reservations};
  for (const ResourceReport& resource : resources)
    draw_use(canvas, scene, resource);
  draw_queue(canvas, scene);
  draw_reservations(canvas, scene);
  draw_places(canvas, scene);
  return canvas.document("Schedule: " + subtitle_of(scenario, run));
}

} // namespace berth::cli
