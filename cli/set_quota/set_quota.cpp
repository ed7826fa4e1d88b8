#include "cli/set_quota/set_quota.hpp"

#include <utility>

#include "cli/edit.hpp"
#include "cli/output/table.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::cli {
async::Task<Answer> answer_set_quota(kube::Client& client, CliOptions options,
                                     Surroundings around) {
  const SetQuotaOptions& asked = options.set_quota;
  EditTarget target{kube::types::quota(), asked.quota, asked.dry_run};
  std::function<Result<QuotaEdit>(const api::Json&)> decide = [&](const api::Json& quota) {
    return decide_quota_edit(quota, asked);
  };
  const auto edit =
      co_await carry_out_edit<QuotaEdit>(client, std::move(target), std::move(decide));
  if (!edit)
    co_return edit.error();
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
