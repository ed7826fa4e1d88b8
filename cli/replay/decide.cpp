#include "cli/replay/decide.hpp"

#include <algorithm>
#include <map>

#include "lib/decision_log/replay.hpp"

namespace berth::cli {
namespace {

using decision_log::TrialOutcome;
using decision_log::TrialResult;

tl::unexpected<Error> nothing_read(CycleRange range) {
  if (range.from > 1 || range.to < UINT64_MAX)
    return fail(Code::NotFound, "the log holds no readable cycle of that range");
  return fail(Code::NotFound, "the log holds no readable cycle");
}

std::optional<Duration> wait_of(const TrialOutcome& outcome) {
  if (!outcome.started)
    return std::nullopt;
  return std::max(*outcome.started - outcome.arrived, Duration{});
}

Shift shift_of(const ShiftRow& row) {
  if (!row.before || !row.after)
    return row.before ? Shift::Never : row.after ? Shift::Starts : Shift::Waits;
  return *row.after < *row.before   ? Shift::Sooner
         : *row.after > *row.before ? Shift::Later
                                    : Shift::Same;
}

void count(TrialGroup& group, const std::optional<Duration>& wait) {
  ++group.arrived;
  if (!wait)
    return;
  ++group.started;
  group.mean += *wait; // a sum until all are counted
  group.longest = std::max(group.longest, *wait);
}

void finish(TrialGroup& group) {
  if (group.started > 0)
    group.mean /= static_cast<std::int64_t>(group.started);
}

void compare(ComparisonView& view) {
  std::map<std::string, GroupRow> quotas;
  for (const auto& [name, before] : view.before.workloads) {
    const TrialOutcome& after = view.after.workloads.at(name);
    ShiftRow row{name, before.quota.empty() ? after.quota : before.quota, wait_of(before),
                 wait_of(after), Shift::Same};
    row.shift = shift_of(row);
    GroupRow& group = quotas[row.quota];
    count(group.before, row.before);
    count(group.after, row.after);
    view.workloads.push_back(std::move(row));
  }
  for (auto& [quota, group] : quotas) {
    group.quota = quota;
    finish(group.before);
    finish(group.after);
    view.quotas.push_back(std::move(group));
  }
}

} // namespace

std::string_view to_string(Shift shift) {
  switch (shift) {
  case Shift::Same: return "same";
  case Shift::Sooner: return "sooner";
  case Shift::Later: return "later";
  case Shift::Starts: return "starts";
  case Shift::Never: return "never";
  case Shift::Waits: return "waits";
  }
  return "same";
}

Result<ReplayView> decide_replay(decision_log::LogReader& log, CycleRange range) {
  ReplayView view;
  decision_log::Replayer replayer;
  while (const auto logged = log.next()) {
    const auto& line = logged->line;
    if (line.cycle > range.to)
      break;
    const auto replayed = replayer.play(*logged);
    if (!replayed)
      return fail(Code::Invalid,
                  "cycle " + std::to_string(line.cycle) + ": " + replayed.error().message);
    if (!range.contains(line.cycle))
      continue;
    if (view.cycles++ == 0) {
      view.first = line.cycle;
      view.begin = line.now;
    }
    view.last = line.cycle;
    view.end = line.now;
    view.last_digest = replayed->decision.digest;
    if (const std::string what = decision_log::difference(line, *replayed); !what.empty()) {
      view.disagreement = Disagreement{line.cycle, line.now, what};
      return view;
    }
    view.admitted += replayed->decision.admitted.size();
    view.evicted += static_cast<std::size_t>(std::ranges::count(
        replayed->decision.evicted, std::string_view("Evict"), &decision_log::EvictedWork::step));
  }
  if (view.cycles == 0)
    return nothing_read(range);
  return view;
}

Result<ComparisonView> decide_comparison(decision_log::LogReader& log, CycleRange range,
                                         const decision_log::TrialChanges& changes) {
  decision_log::StoryTeller teller;
  bool is_any = false;
  while (const auto logged = log.next()) {
    if (logged->line.cycle > range.to)
      break;
    if (logged->is_whole && logged->line.cycle <= range.from)
      teller = decision_log::StoryTeller{}; // nothing from before the range is needed
    teller.hear(*logged);
    is_any = is_any || range.contains(logged->line.cycle);
  }
  if (!is_any)
    return nothing_read(range);
  const decision_log::Story story = teller.tell();
  ComparisonView view;
  view.begin = story.begin;
  view.end = story.end;
  BERTH_TRY(view.before, decision_log::play(story, {}));
  BERTH_TRY(view.after, decision_log::play(story, changes));
  compare(view);
  return view;
}

} // namespace berth::cli
