#include "cli/simulate/picture/bands.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "cli/output/text.hpp"
#include "cli/simulate/picture/places.hpp"
#include "cli/simulate/picture/reservations.hpp"

namespace berth::cli {
namespace {

constexpr double kSlightest = 1e-9; ///< of a band: what rounding leaves

struct BandPlace {
  double top = 0;
  double height = 0;
};

std::string bar_title(const Scene& scene, const simulator::WorkloadRecord& record,
                      std::size_t node) {
  const simulator::WorkloadSet& set = scene.scenario.workloads[record.set];
  return fmt::format(
      "{} of {} on {}: waited {}, ran {}{}{}", set.class_name, set.quota.str(),
      scene.scenario.nodes[node].name.str(), format_duration(*record.started - record.arrived),
      format_duration(record.ended - *record.started), record.is_evicted ? ", evicted" : "",
      set.members > 1 ? fmt::format(", gang of {}", set.members) : "");
}

void draw_bar(Canvas& canvas, const Box& box, std::size_t entry, const std::string& name,
              const std::string& title) {
  constexpr double kLetterWidth = 6.2;
  canvas.svg().rect(box, fmt::format(R"( class="edge" fill="{}")", canvas.legend().colour(entry)),
                    title);
  if (box.height >= 11 && box.width >= kLetterWidth * static_cast<double>(width_of(name)) + 8)
    canvas.svg().text(box.x + box.width / 2, box.y + box.height / 2 + 3.5,
                      fmt::format(R"( class="inside" style="fill:{}")", canvas.legend().ink(entry)),
                      name);
}

/// The bars of one workload: one for what it has on each node.
void draw_workload(Canvas& canvas, const Scene& scene, const simulator::WorkloadRecord& record,
                   std::vector<std::pair<BandPlace, BandSlots>>& bands) {
  const simulator::WorkloadSet& set = scene.scenario.workloads[record.set];
  std::map<std::size_t, double> members;
  for (const std::size_t node : record.nodes)
    ++members[node];
  for (const auto& [node, count] : members) {
    const double share = count * scene.share(set, scene.scenario.nodes[node]);
    auto& [place, slots] = bands[node];
    const double x = canvas.time().x(*record.started);
    for (const Slot& slot : slots.take(share, *record.started, record.ended))
      draw_bar(canvas,
               {x, place.top + place.height * (1 - slot.until), canvas.time().x(record.ended) - x,
                place.height * (slot.until - slot.from)},
               canvas.legend().of_set[record.set], set.class_name, bar_title(scene, record, node));
  }
}

} // namespace

std::vector<Slot> BandSlots::take(double share, Duration now, Duration until) {
  std::erase_if(taken_, [&](const Taken& taken) { return taken.until <= now; });
  std::vector<Slot> slots = holes();
  const auto whole = std::ranges::find_if(
      slots, [&](const Slot& hole) { return hole.until - hole.from >= share - kSlightest; });
  if (whole != slots.end())
    slots = {*whole};
  for (Slot& slot : slots) {
    slot.until = std::min(slot.until, slot.from + share);
    share -= slot.until - slot.from;
  }
  std::erase_if(slots, [](const Slot& slot) { return slot.until - slot.from <= kSlightest; });
  for (const Slot& slot : slots)
    taken_.push_back({slot, until});
  std::ranges::sort(taken_, {}, [](const Taken& taken) { return taken.slot.from; });
  return slots;
}

std::vector<Slot> BandSlots::holes() const {
  std::vector<Slot> holes;
  double from = 0;
  for (const Taken& taken : taken_) {
    if (taken.slot.from > from + kSlightest)
      holes.push_back({from, taken.slot.from});
    from = taken.slot.until;
  }
  if (from < 1 - kSlightest)
    holes.push_back({from, 1});
  return holes;
}

void draw_bands(Canvas& canvas, const Scene& scene) {
  constexpr double kPanelHeight = 520;
  constexpr double kGap = 4;
  const auto count = static_cast<double>(scene.scenario.nodes.size());
  const double pitch = std::clamp(kPanelHeight / count, 16.0, 72.0);
  std::vector<std::pair<BandPlace, BandSlots>> bands;
  for (const allocation::NodeView& node : scene.scenario.nodes) {
    const BandPlace place{canvas.y() + pitch * static_cast<double>(bands.size()), pitch - kGap};
    canvas.svg().rect({kPlotLeft, place.top, kPlotWidth, place.height}, R"( class="empty")");
    canvas.svg().text(kPlotLeft - 8, place.top + place.height / 2 + 4, R"( class="tick end")",
                      short_label(node.name.str()));
    bands.emplace_back(place, BandSlots{});
  }
  canvas.time_grid(pitch * count - kGap, true);
  for (std::size_t node = 0; node < bands.size(); ++node) {
    const BandPlace& place = bands[node].first;
    draw_held(canvas, scene, node, {kPlotLeft, place.top, kPlotWidth, place.height});
  }
  std::vector<const simulator::WorkloadRecord*> started;
  for (const simulator::WorkloadRecord& record : scene.records)
    if (record.started)
      started.push_back(&record);
  std::ranges::stable_sort(started, {}, [](const auto* record) { return *record->started; });
  for (const simulator::WorkloadRecord* record : started)
    draw_workload(canvas, scene, *record, bands);
  canvas.skip(pitch * count - kGap + 40);
}

} // namespace berth::cli
