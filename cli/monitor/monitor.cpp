#include "cli/monitor/monitor.hpp"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/monitor/frame.hpp"
#include "cli/status/observe.hpp"

namespace berth::cli {
namespace {

async::Task<Result<MonitorView>> look(kube::Client& client, std::string ns, TimePoint now) {
  BERTH_CO_TRY(const ObservedStatus status, co_await observe_status(client));
  BERTH_CO_TRY(const ObservedQueue queue, co_await observe_queue(client, std::move(ns)));
  const std::string all;
  MonitorView view;
  view.now = now;
  view.status = decide_status(status, now);
  BERTH_CO_TRY(view.queue, decide_queue(queue, all, now));
  co_return view;
}

/// What is written for one look.
std::string picture_of(const MonitorView& view, const CliOptions& options,
                       const Surroundings& around) {
  const auto screen = around.going.screen();
  const auto text = [&](bool) { return render_monitor(view, around.paint); };
  if (options.output == Output::Json || options.output == Output::Yaml || !screen)
    return present(options.output, text, [&] { return monitor_json(view); }) + "\n";
  return drawn_over(fit(text(false), *screen));
}

} // namespace

async::Task<Answer> answer_monitor(kube::Client& client, CliOptions options, Surroundings around) {
  const MonitorOptions& asked = options.monitor;
  const Duration interval = std::chrono::seconds{asked.interval_seconds};
  std::optional<MonitorView> view;
  for (std::int64_t pictures = 0; asked.count == 0 || pictures < asked.count; ++pictures) {
    if (pictures > 0)
      co_await around.going.wait(interval);
    const TimePoint now = around.going.now();
    auto looked = co_await look(client, options.ns, now);
    if (!looked && !view)
      co_return answer_failure(looked.error());
    if (looked) {
      view = std::move(*looked);
    } else {
      view->stale_why = looked.error().message;
      view->now = now;
    }
    if (!around.going.write(picture_of(*view, options, around)))
      break;
  }
  co_return Answer{};
}

} // namespace berth::cli
