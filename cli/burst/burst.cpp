#include "cli/burst/burst.hpp"

#include <utility>

#include "cli/edit.hpp"
#include "cli/output/table.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::cli {
namespace {

using api::BurstPeriod;
using api::Json;

/// The row of the table for one field of both.
template <class Read>
void add_row(Table& table, const char* field, const BurstEdit& edit, Read&& read) {
  table.add({field, edit.before ? read(*edit.before) : "-", edit.after ? read(*edit.after) : "-"});
}

Json json_of(const std::optional<BurstPeriod>& period) {
  if (!period)
    return nullptr;
  return {{"startsAt", format_time(period->starts_at)},
          {"endsAt", format_time(period->ends_at)},
          {"factorPercent", period->factor_percent ? Json(*period->factor_percent) : Json()},
          {"resources", period->resources},
          {"cause", to_string(period->cause)}};
}

} // namespace

async::Task<Answer> answer_burst(kube::Client& client, CliOptions options, Surroundings around) {
  const BurstOptions& asked = options.burst;
  EditTarget target{kube::types::resource_pool(), asked.pool, asked.dry_run};
  std::function<Result<BurstEdit>(const Json&)> decide = [&](const Json& pool) {
    return decide_burst_edit(pool, asked, around.now);
  };
  const auto edit =
      co_await carry_out_edit<BurstEdit>(client, std::move(target), std::move(decide));
  if (!edit)
    co_return edit.error();
  Answer answer;
  answer.out = present(
      options.output,
      [&](bool) { return render_burst_edit(*edit, asked, around.now, around.paint); },
      [&] { return burst_edit_json(*edit, asked); });
  co_return answer;
}

std::string render_burst_edit(const BurstEdit& edit, const BurstOptions& options, TimePoint now,
                              const Paint& paint) {
  Table table({"FIELD", "BEFORE", "AFTER"});
  add_row(table, "startsAt", edit, [](const auto& one) { return format_time(one.starts_at); });
  add_row(table, "endsAt", edit, [](const auto& one) { return format_time(one.ends_at); });
  add_row(table, "factorPercent", edit, [](const auto& one) {
    return one.factor_percent ? std::to_string(*one.factor_percent) : "-";
  });
  add_row(table, "resources", edit, [](const auto& one) { return joined(one.resources, ", "); });
  add_row(table, "cause", edit, [](const auto& one) { return std::string(to_string(one.cause)); });
  std::string text = printable("ResourcePool " + options.pool) +
                     (edit.patch.empty() ? ": nothing to change"
                      : options.dry_run  ? ": would be changed (dry run)"
                                         : ": changed") +
                     "\n" + table.str(paint);
  if (edit.after && now < edit.after->ends_at)
    return text +
           printable("Of " + joined(edit.after->resources, ", ") + " " +
                     std::to_string(edit.factor_percent) +
                     " % may be charged; it ends by itself in " +
                     format_duration(edit.after->ends_at - now)) +
           ".\n";
  return text + "No burst is on. What it let in stays, and nothing is added until that fits.\n";
}

nlohmann::json burst_edit_json(const BurstEdit& edit, const BurstOptions& options) {
  return {{"pool", options.pool},
          {"changed", !edit.patch.empty() && !options.dry_run},
          {"dryRun", options.dry_run},
          {"before", json_of(edit.before)},
          {"after", json_of(edit.after)}};
}

} // namespace berth::cli
