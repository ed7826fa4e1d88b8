#include "cli/history/history.hpp"

#include <nlohmann/json.hpp>

#include "cli/duration.hpp"
#include "cli/history/decide.hpp"
#include "cli/history/render.hpp"
#include "cli/replay/replay.hpp"

namespace berth::cli {
namespace {

HistoryFilter filter_of(const CliOptions& options) {
  HistoryFilter filter;
  filter.namespace_name = options.ns;
  filter.name = options.history.workload;
  filter.quota = options.history.quota;
  if (const auto slash = filter.name.find('/'); slash != std::string::npos) {
    filter.namespace_name = filter.name.substr(0, slash);
    filter.name.erase(0, slash + 1);
  }
  if (!options.history.since.empty())
    if (const auto since = parse_duration(options.history.since))
      filter.since = *since;
  return filter;
}

std::string told(const HistoryView& view, const CliOptions& options, const Paint& paint) {
  if (!options.history.format.empty())
    return history_csv(view);
  return present(
      options.output, [&](bool wide) { return render_history(view, wide, paint); },
      [&] { return history_json(view); });
}

/// Nothing, or that there is no quota of the name.
async::Task<Result<void>> find_quota(kube::Client& client, std::string quota) {
  const kube::ObjectKey key{"", quota};
  const auto found = co_await client.get(kube::types::quota(), key);
  if (!found && found.error().code == Code::NotFound)
    co_return fail(Code::NotFound, "there is no Quota " + quota +
                                       "; \"kubectl berth status\" shows those there are");
  co_return Result<void>{}; // who may not read quotas may still read what became of pods
}

} // namespace

async::Task<Answer> answer_history(kube::Client& client, CliOptions options, Surroundings around) {
  const HistoryFilter filter = filter_of(options);
  const auto observed = co_await observe_history(client, filter.namespace_name);
  if (!observed)
    co_return answer_failure(observed.error());
  const HistoryView view = decide_history(*observed, filter, around.now);
  if (view.rows.empty() && !filter.quota.empty())
    if (const auto known = co_await find_quota(client, filter.quota); !known)
      co_return answer_failure(known.error());
  Answer answer;
  answer.out = told(view, options, around.paint);
  answer.err = warnings_of(observed->unreadable, around.paint);
  co_return answer;
}

Answer answer_logged_history(const CliOptions& options, const Paint& paint) {
  auto log = open_log(options.log, decision_log::Reading::AuditOnly);
  if (!log)
    return answer_failure(log.error());
  const auto view = decide_history(*log, filter_of(options));
  Answer answer = view ? Answer{} : answer_failure(view.error());
  if (view)
    answer.out = told(*view, options, paint);
  add_notices(*log, answer);
  return answer;
}

std::vector<std::string> history_problems(const CliOptions& options) {
  std::vector<std::string> problems;
  const std::string& name = options.history.workload;
  const auto slash = name.find('/');
  if (slash == 0 || name.ends_with('/') ||
      (slash != std::string::npos && name.find('/', slash + 1) != std::string::npos))
    problems.push_back("history: \"" + name + "\" must be NAME or NAMESPACE/NAME");
  if (!options.history.since.empty())
    if (const auto since = parse_duration(options.history.since); !since)
      problems.push_back("--since: " + since.error().message);
  return problems;
}

} // namespace berth::cli
