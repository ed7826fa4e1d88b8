#include "cli/burst/burst.hpp"

#include <optional>
#include <utility>

#include "cli/json_reading.hpp"
#include "cli/output/table.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::cli {
namespace {

using api::BurstPeriod;
using api::Json;

async::Task<Result<BurstEdit>> look(kube::Client& client, BurstOptions options, TimePoint now) {
  kube::ObjectKey key{"", options.pool};
  auto text = co_await client.get(kube::types::resource_pool(), std::move(key));
  if (!text && text.error().code == Code::NotFound)
    co_return fail(Code::NotFound, "there is no ResourcePool " + options.pool +
                                       "; \"kubectl berth status\" lists them");
  if (!text)
    co_return fail(text.error().while_doing("get ResourcePool " + options.pool));
  BERTH_CO_TRY(const Json pool, api::parse_json(*text));
  co_return decide_burst_edit(pool, options, now);
}

async::Task<Result<void>> write(kube::Client& client, BurstOptions options, std::string patch) {
  kube::ObjectKey key{"", options.pool};
  kube::WriteOptions how;
  how.dry_run = options.dry_run;
  const auto written = co_await client.patch(kube::types::resource_pool(), std::move(key),
                                             kube::PatchType::Json, std::move(patch), how);
  if (!written)
    co_return fail(written.error().while_doing("patch ResourcePool " + options.pool));
  co_return Result<void>{};
}

std::string names_of(const std::vector<std::string>& resources) {
  std::string names;
  for (const std::string& resource : resources)
    names += (names.empty() ? "" : ", ") + resource;
  return names;
}

/// The row of the table for one field of both.
template <class Read>
void add_row(Table& table, const char* field, const BurstEdit& edit, Read&& read) {
  table.add({field, edit.before ? read(*edit.before) : "-", edit.after ? read(*edit.after) : "-"});
}

std::string word_of(api::BurstCause cause) {
  return cause == api::BurstCause::Forced ? "Forced" : "Pressure";
}

Json json_of(const std::optional<BurstPeriod>& period) {
  if (!period)
    return nullptr;
  return {{"startsAt", format_time(period->starts_at)},
          {"endsAt", format_time(period->ends_at)},
          {"factorPercent", period->factor_percent ? Json(*period->factor_percent) : Json()},
          {"resources", period->resources},
          {"cause", word_of(period->cause)}};
}

} // namespace

async::Task<Answer> answer_burst(kube::Client& client, CliOptions options, Surroundings around) {
  const BurstOptions& asked = options.burst;
  auto edit = co_await look(client, asked, around.now);
  std::optional<Error> refused;
  for (int tries = 0; edit && !edit->patch.empty() && tries < kBurstTriesMax; ++tries) {
    const auto written = co_await write(client, asked, edit->patch);
    refused = written ? std::nullopt : std::optional(written.error());
    if (!refused || (refused->code != Code::Conflict && refused->code != Code::Invalid))
      break;
    // A test in the patch that fails is told as any other fault of the patch.
    auto now_there = co_await look(client, asked, around.now);
    if (now_there && refused->code == Code::Invalid && edit->uid == now_there->uid &&
        edit->patch == now_there->patch)
      break;
    edit = std::move(now_there);
    if (edit && edit->patch.empty())
      refused.reset(); // somebody else has set the same
  }
  if (!edit)
    co_return answer_failure(edit.error());
  if (refused)
    co_return answer_write_failure(*refused, "patch", kube::types::resource_pool());
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
  add_row(table, "resources", edit, [](const auto& one) { return names_of(one.resources); });
  add_row(table, "cause", edit, [](const auto& one) { return word_of(one.cause); });
  std::string text = printable("ResourcePool " + options.pool) +
                     (edit.patch.empty() ? ": nothing to change"
                      : options.dry_run  ? ": would be changed (dry run)"
                                         : ": changed") +
                     "\n" + table.str(paint);
  if (edit.after && now < edit.after->ends_at)
    return text +
           printable("Of " + names_of(edit.after->resources) + " " +
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
