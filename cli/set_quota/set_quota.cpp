#include "cli/set_quota/set_quota.hpp"

#include <optional>
#include <utility>

#include "cli/json_reading.hpp"
#include "cli/output/table.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::cli {
namespace {

using api::Json;

async::Task<Result<QuotaEdit>> look(kube::Client& client, SetQuotaOptions options) {
  kube::ObjectKey key{"", options.quota};
  auto text = co_await client.get(kube::types::quota(), std::move(key));
  if (!text && text.error().code == Code::NotFound)
    co_return fail(Code::NotFound,
                   "there is no Quota " + options.quota + "; \"kubectl berth status\" lists them");
  if (!text)
    co_return fail(text.error().while_doing("get Quota " + options.quota));
  BERTH_CO_TRY(const Json quota, api::parse_json(*text));
  co_return decide_quota_edit(quota, options);
}

async::Task<Result<void>> write(kube::Client& client, SetQuotaOptions options, std::string patch) {
  kube::ObjectKey key{"", options.quota};
  kube::WriteOptions how;
  how.dry_run = options.dry_run;
  const auto written = co_await client.patch(kube::types::quota(), std::move(key),
                                             kube::PatchType::Json, std::move(patch), how);
  if (!written)
    co_return fail(written.error().while_doing("patch Quota " + options.quota));
  co_return Result<void>{};
}

/// A test in the patch that fails is told as any other fault of the patch: whether it was that is
/// seen in what is there now.
bool has_changed(const QuotaEdit& seen, const QuotaEdit& now) {
  return seen.uid != now.uid || seen.patch != now.patch;
}

} // namespace

async::Task<Answer> answer_set_quota(kube::Client& client, CliOptions options,
                                     Surroundings around) {
  const SetQuotaOptions& asked = options.set_quota;
  auto edit = co_await look(client, asked);
  std::optional<Error> refused;
  for (int tries = 0; edit && !edit->patch.empty() && tries < kSetQuotaTriesMax; ++tries) {
    const auto written = co_await write(client, asked, edit->patch);
    refused = written ? std::nullopt : std::optional(written.error());
    if (!refused || (refused->code != Code::Conflict && refused->code != Code::Invalid))
      break;
    auto now_there = co_await look(client, asked);
    if (now_there && refused->code == Code::Invalid && !has_changed(*edit, *now_there))
      break;
    edit = std::move(now_there);
    if (edit && edit->patch.empty())
      refused.reset(); // somebody else has set the same
  }
  if (!edit)
    co_return answer_failure(edit.error());
  if (refused)
    co_return answer_write_failure(*refused, "patch", kube::types::quota());
  Answer answer;
  answer.out = present(
      options.output, [&](bool) { return render_quota_edit(*edit, asked, around.paint); },
      [&] { return quota_edit_json(*edit, asked); });
  co_return answer;
}

std::string render_quota_edit(const QuotaEdit& edit, const SetQuotaOptions& options,
                              const Paint& paint) {
  Table table({"FIELD", "BEFORE", "AFTER"});
  table.add({"nominal", edit.before.nominal, edit.after.nominal});
  table.add({"borrowingLimit", edit.before.borrowing_limit, edit.after.borrowing_limit});
  table.add({"lendingLimit", edit.before.lending_limit, edit.after.lending_limit});
  std::string text =
      printable("Quota " + options.quota + ", " + options.resource + " in pool " + edit.pool) +
      (edit.patch.empty() ? ": nothing to change"
       : options.dry_run  ? ": would be changed (dry run)"
                          : ": changed") +
      "\n" + table.str(paint);
  if (!edit.used.empty())
    text += "In use: " + printable(edit.used) + "\n";
  if (edit.overused)
    text += "More is in use than it owns now: the rest counts as borrowed, and others may reclaim "
            "it.\n";
  return text;
}

nlohmann::json quota_edit_json(const QuotaEdit& edit, const SetQuotaOptions& options) {
  const auto amounts = [](const QuotaAmounts& of) {
    return nlohmann::json{{"nominal", of.nominal},
                          {"borrowingLimit", of.borrowing_limit},
                          {"lendingLimit", of.lending_limit}};
  };
  return {{"quota", options.quota},
          {"pool", edit.pool},
          {"resource", options.resource},
          {"changed", !edit.patch.empty() && !options.dry_run},
          {"dryRun", options.dry_run},
          {"before", amounts(edit.before)},
          {"after", amounts(edit.after)},
          {"used", edit.used.empty() ? nlohmann::json() : nlohmann::json(edit.used)}};
}

} // namespace berth::cli
