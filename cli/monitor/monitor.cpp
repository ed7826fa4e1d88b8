#include "cli/monitor/monitor.hpp"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/duration.hpp"
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

/// The terminal that pictures are drawn on, one over the other; nothing where they follow each
/// other.
std::optional<ScreenSize> screen_of(const CliOptions& options, const Surroundings& around) {
  if (options.output == Output::Json || options.output == Output::Yaml)
    return std::nullopt;
  return around.going.screen();
}

/// What is written for one look.
std::string picture_of(const MonitorView& view, const CliOptions& options,
                       const Surroundings& around) {
  if (const auto screen = screen_of(options, around))
    return drawn_over(fit(render_monitor(view, around.paint), *screen));
  const auto text = [&](bool) { return render_monitor(view, around.paint); };
  return present(options.output, text, [&] { return monitor_json(view); }) + "\n";
}

} // namespace

async::Task<Answer> answer_monitor(kube::Client& client, CliOptions options, Surroundings around) {
  const MonitorOptions& asked = options.monitor;
  const Duration interval = *parse_duration(asked.interval); // checked when it was read
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
      co_return Answer{};
  }
  Answer answer;
  if (view && screen_of(options, around)) // the screen that was drawn on goes; this stays
    answer.out = render_monitor(*view, around.paint);
  co_return answer;
}

} // namespace berth::cli
