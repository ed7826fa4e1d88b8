#include "cli/commands.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "cli/burst/burst.hpp"
#include "cli/calendar/calendar.hpp"
#include "cli/cluster/observe.hpp"
#include "cli/completion.hpp"
#include "cli/doctor/doctor.hpp"
#include "cli/explain/decide.hpp"
#include "cli/explain/from_log.hpp"
#include "cli/explain/observe.hpp"
#include "cli/explain/render.hpp"
#include "cli/export/export.hpp"
#include "cli/health/health.hpp"
#include "cli/history/history.hpp"
#include "cli/monitor/monitor.hpp"
#include "cli/queue/decide.hpp"
#include "cli/queue/observe.hpp"
#include "cli/queue/render.hpp"
#include "cli/recommendations/recommendations.hpp"
#include "cli/release/release.hpp"
#include "cli/replay/replay.hpp"
#include "cli/reserve/reserve.hpp"
#include "cli/set_quota/set_quota.hpp"
#include "cli/simulate/simulate.hpp"
#include "cli/status/decide.hpp"
#include "cli/status/observe.hpp"
#include "cli/status/render.hpp"
#include "cli/top/top.hpp"
#include "cli/version/version.hpp"
#include "cli/watch/watch.hpp"
#include "lib/base/ensure.hpp"

namespace berth::cli {
namespace {

async::Task<Answer> answer_status(kube::Client& client, CliOptions options, Surroundings around) {
  auto observed = co_await observe_status(client);
  if (!observed)
    co_return answer_failure(observed.error());
  const StatusView view = decide_status(*observed, around.now);
  Answer answer;
  answer.out = present(
      options.output, [&](bool wide) { return render_status(view, wide, around.paint); },
      [&] { return status_json(view); });
  answer.err = warnings_of(observed->unreadable, around.paint);
  co_return answer;
}

async::Task<Answer> answer_queue(kube::Client& client, CliOptions options, Surroundings around) {
  auto observed = co_await observe_queue(client, options.ns);
  if (!observed)
    co_return answer_failure(observed.error());
  const auto view = decide_queue(*observed, options.quota, around.now);
  if (!view)
    co_return answer_failure(view.error());
  Answer answer;
  answer.out = present(
      options.output, [&](bool wide) { return render_queue(*view, wide, around.paint); },
      [&] { return queue_json(*view); });
  answer.err = warnings_of(observed->unreadable, around.paint);
  co_return answer;
}

/// What lies ahead of a workload that waits. Who may not read the whole cluster is told so, and
/// everything else all the same.
async::Task<Result<void>> look_ahead_into(kube::Client& client,
                                          std::vector<allocation::Step> what_if,
                                          WorkloadId workload, ExplainView& view) {
  auto cluster = co_await observe_cluster(client, view.as_of);
  if (!cluster && cluster.error().code == Code::Forbidden && what_if.empty()) {
    view.outlook_missing_why = cluster.error().message;
    co_return Result<void>{};
  }
  if (!cluster)
    co_return fail(cluster.error());
  const CycleInput input = cycle_input(*cluster, view.as_of);
  BERTH_CO_TRY(view.outlook, look_ahead(input, workload, what_if));
  co_return Result<void>{};
}

async::Task<Answer> answer_explain(kube::Client& client, CliOptions options, Surroundings around) {
  auto observed =
      co_await observe_explain(client, key_of(options.subject, options, around.default_namespace));
  if (!observed)
    co_return answer_failure(observed.error());
  ExplainView view = decide_explain(*observed, around.now);
  if (!options.what_if.empty() && view.standing != Standing::Waiting) {
    const Error error{Code::Invalid, "--what-if: " + options.subject + " does not wait"};
    co_return answer_failure(error);
  }
  if (view.standing == Standing::Waiting && options.look_ahead) {
    const auto looked =
        co_await look_ahead_into(client, options.what_if, workload_of(*observed), view);
    if (!looked)
      co_return answer_failure(looked.error());
  }
  Answer answer;
  answer.out = present(
      options.output, [&](bool wide) { return render_explain(view, wide, around.paint); },
      [&] { return explain_json(view); });
  answer.err = warnings_of(observed->unreadable, around.paint);
  co_return answer;
}

Answer answer_logged_explain(const CliOptions& options, const Paint& paint) {
  auto log = open_log(options.log);
  if (!log)
    return answer_failure(log.error());
  const auto view = explain_from_log(*log, key_of(options.subject, options, {}), options.what_if,
                                     options.look_ahead);
  Answer answer = view ? Answer{} : answer_failure(view.error());
  if (view)
    answer.out = present(
        options.output, [&](bool wide) { return render_explain(*view, wide, paint); },
        [&] { return explain_json(*view); });
  add_notices(*log, answer);
  return answer;
}

async::Task<Answer> answer_health(kube::Client& client, CliOptions options, Surroundings around) {
  HealthOptions asked;
  asked.extender_url = options.extender;
  if (!options.ns.empty())
    asked.ns = options.ns;
  const auto checks =
      co_await check_health(client, std::move(asked), around.get_status, around.now);
  Answer answer;
  answer.exit_code = all_work(checks) ? 0 : program::kExitFailure;
  answer.out = present(
      options.output, [&](bool) { return render_health(checks, around.paint); },
      [&] { return health_json(checks); });
  co_return answer;
}

async::Task<Answer> answer_release(kube::Client& client, CliOptions options, Surroundings around) {
  ensure(around.executor != nullptr, "release needs to know where the client works");
  const auto view = co_await release(client, *around.executor, options.release, options.ns);
  if (!view)
    co_return answer_failure(view.error());
  Answer answer;
  if (!view->failures.empty())
    answer.exit_code = answer_failure(view->failures.front().error).exit_code;
  answer.out = present(
      options.output, [&](bool) { return render_release(*view); },
      [&] { return release_json(*view); });
  answer.err = warnings_of(view->unreadable, around.paint) + release_failures(*view);
  co_return answer;
}

Answer print_version(const CliOptions& options, const std::optional<ServerVersion>& server) {
  Answer answer;
  answer.out = present(
      options.output, [&](bool) { return render_version(server); },
      [&] { return version_json(server); });
  return answer;
}

/// Once, or with --watch again and again.
async::Task<Answer> answer_shown(kube::Client& client, CliOptions options, Surroundings around,
                                 Ask ask) {
  if (options.watch)
    return answer_watching(client, std::move(options), std::move(around), std::move(ask));
  return ask(client, std::move(options), std::move(around));
}

async::Task<Answer> answer_version(kube::Client& client, CliOptions options) {
  auto server = co_await observe_server_version(client);
  co_return server ? print_version(options, *server) : answer_failure(server.error());
}

} // namespace

bool needs_server(const CliOptions& options) {
  return options.command != Command::Completion && options.command != Command::Simulate &&
         options.command != Command::Replay &&
         ((options.command != Command::Explain && options.command != Command::History) ||
          options.log.empty()) &&
         (options.command != Command::Version || options.ask_server);
}

Answer answer_locally(const CliOptions& options, const Paint& paint, const Onlooker& onlooker) {
  ensure(!needs_server(options), "the command needs the API server");
  if (options.command == Command::Simulate)
    return answer_simulate(options, paint, onlooker);
  if (options.command == Command::Replay)
    return answer_replay(options, paint);
  if (options.command == Command::Explain)
    return answer_logged_explain(options, paint);
  if (options.command == Command::History)
    return answer_logged_history(options, paint);
  if (options.command == Command::Version)
    return print_version(options, std::nullopt);
  Answer answer;
  answer.out = completion_script(options.shell);
  return answer;
}

async::Task<Answer> answer(kube::Client& client, CliOptions options, Surroundings around) {
  switch (options.command) {
  case Command::Status:
    return answer_shown(client, std::move(options), std::move(around), answer_status);
  case Command::Queue:
    return answer_shown(client, std::move(options), std::move(around), answer_queue);
  case Command::Explain: return answer_explain(client, std::move(options), std::move(around));
  case Command::History: return answer_history(client, std::move(options), std::move(around));
  case Command::Health: return answer_health(client, std::move(options), std::move(around));
  case Command::Doctor: return answer_doctor(client, std::move(options), std::move(around));
  case Command::SetQuota: return answer_set_quota(client, std::move(options), std::move(around));
  case Command::Burst: return answer_burst(client, std::move(options), std::move(around));
  case Command::Reserve: return answer_reserve(client, std::move(options), std::move(around));
  case Command::Recommendations:
    return answer_shown(client, std::move(options), std::move(around), answer_recommendations);
  case Command::Top: return answer_top(client, std::move(options), std::move(around));
  case Command::Calendar: return answer_calendar(client, std::move(options), std::move(around));
  case Command::Monitor: return answer_monitor(client, std::move(options), std::move(around));
  case Command::Export: return answer_export(client, std::move(options), std::move(around));
  case Command::Release:
    if (!options.release.reservation.empty())
      return answer_unreserve(client, std::move(options), std::move(around));
    return answer_release(client, std::move(options), std::move(around));
  case Command::Version: return answer_version(client, std::move(options));
  case Command::Simulate:
  case Command::Replay:
  case Command::Completion: break;
  }
  ensure(false, "simulate, replay and completion are answered without a server");
  __builtin_unreachable();
}

} // namespace berth::cli
