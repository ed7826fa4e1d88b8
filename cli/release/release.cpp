#include "cli/release/release.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/release/observe.hpp"
#include "cli/release/patches.hpp"
#include "lib/api/labels.hpp"
#include "lib/async/task_group.hpp"

namespace berth::cli {
namespace {

/// More names than this are only counted in the text; JSON has them all.
constexpr std::size_t kNamesShownMax = 20;

/// One object that something is taken off.
struct Hold {
  std::string what;
  kube::ResourceType type;
  kube::ObjectKey key;
  std::string patch;
  std::optional<Error> failure{};
};

/// One attempt at all that is held. True: something changed under it, so that it is worth another.
class Round {
public:
  Round(kube::Client& client, async::Executor& executor, ReleaseView& view)
      : client_(client), executor_(executor), view_(view) {}

  async::Task<Result<bool>> run(std::string ns);

private:
  /// At most kReleaseWritesMax at once; told in the order of `holds`.
  async::Task<void> let_go(std::vector<Hold> holds, std::vector<std::string>& done);
  async::Task<void> write(std::vector<Hold>& holds, std::size_t& next);
  void tell(Hold& hold, std::vector<std::string>& done);

  kube::Client& client_;
  async::Executor& executor_;
  ReleaseView& view_;
  bool again_ = false;
};

} // namespace

async::Task<Result<ReleaseView>> release(kube::Client& client, async::Executor& executor,
                                         ReleaseOptions options, std::string ns) {
  ReleaseView view;
  view.asked = options;
  for (int rounds = 0; rounds < kReleaseRoundsMax; ++rounds) {
    Round round(client, executor, view);
    BERTH_CO_TRY(const bool again, co_await round.run(ns));
    if (!again)
      break;
  }
  co_return view;
}

namespace {

async::Task<Result<bool>> Round::run(std::string ns) {
  view_.waiting.clear();
  view_.failures.clear();
  view_.unreadable.clear();
  BERTH_CO_TRY(const auto pods, co_await observe_gated_pods(client_, ns, view_.unreadable));
  std::vector<Hold> gated;
  for (const auto& pod : pods) {
    std::string name = to_string(pod->meta.key());
    if (view_.asked.gates)
      gated.push_back({std::move(name), kube::types::pod(), pod->meta.key(), ungate_patch(*pod)});
    else
      view_.waiting.push_back(std::move(name));
  }
  co_await let_go(std::move(gated), view_.released);
  if (!view_.asked.finalizers)
    co_return again_;
  BERTH_CO_TRY(const auto held, co_await observe_held_objects(client_, view_.unreadable));
  std::vector<Hold> finalized;
  for (const HeldObject& object : held)
    finalized.push_back({object.type.plural + " " + to_string(object.meta.key()), object.type,
                         object.meta.key(), free_patch(object.meta)});
  co_await let_go(std::move(finalized), view_.freed);
  co_return again_;
}

async::Task<void> Round::let_go(std::vector<Hold> holds, std::vector<std::string>& done) {
  std::size_t next = 0;
  async::TaskGroup writers(executor_);
  for (std::size_t writer = 0; writer < std::min(holds.size(), kReleaseWritesMax); ++writer)
    writers.spawn(write(holds, next));
  co_await writers.join();
  for (Hold& hold : holds)
    tell(hold, done);
}

async::Task<void> Round::write(std::vector<Hold>& holds, std::size_t& next) {
  while (next < holds.size()) {
    Hold& hold = holds[next++];
    kube::WriteOptions options;
    auto written = co_await client_.patch(hold.type, hold.key, kube::PatchType::Merge, hold.patch,
                                          std::move(options));
    if (!written)
      hold.failure = std::move(written).error();
  }
}

void Round::tell(Hold& hold, std::vector<std::string>& done) {
  if (!hold.failure) {
    done.push_back(std::move(hold.what));
    return;
  }
  if (hold.failure->code == Code::NotFound)
    return; // gone by itself, and with it what was held
  again_ = again_ || hold.failure->code == Code::Conflict;
  if (hold.type.kind == kube::types::pod().kind)
    view_.waiting.push_back(hold.what);
  view_.failures.push_back({std::move(hold.what), *std::move(hold.failure)});
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t index = 0; index < std::min(names.size(), kNamesShownMax); ++index)
    text += "  " + printable(names[index]) + "\n";
  if (names.size() > kNamesShownMax)
    text += "  and " + std::to_string(names.size() - kNamesShownMax) + " more\n";
  return text;
}

std::string sentence(const std::string& begin, const std::vector<std::string>& names,
                     std::string_view noun, const std::string& end) {
  const auto count = static_cast<std::int64_t>(names.size());
  return begin + counted(count, noun) + end + (names.empty() ? "\n" : ":\n") + listed(names);
}

} // namespace

std::string render_release(const ReleaseView& view) {
  const std::string gate = " at the gate " + std::string(api::kAdmissionGate);
  std::string text;
  if (view.asked.gates)
    text += sentence("released ", view.released, "pod", "");
  if (!view.asked.gates || !view.waiting.empty())
    text += sentence("", view.waiting, "pod", gate);
  if (!view.asked.gates && !view.waiting.empty())
    text += "Once Berth is uninstalled nothing admits them: \"kubectl berth release --gates\" lets "
            "them go, all at once.\n";
  if (view.asked.finalizers)
    text += sentence("freed ", view.freed, "object", "");
  return text;
}

nlohmann::json release_json(const ReleaseView& view) {
  nlohmann::json failures = nlohmann::json::array();
  for (const ReleaseFailure& failure : view.failures)
    failures.push_back({{"what", failure.what}, {"why", failure.error.message}});
  return {{"waiting", view.waiting},
          {"released", view.released},
          {"freed", view.freed},
          {"failures", std::move(failures)}};
}

std::string release_failures(const ReleaseView& view) {
  std::vector<std::string> lines;
  for (const ReleaseFailure& failure : view.failures)
    lines.push_back(failure.what + ": " + failure.error.message);
  return lines.empty() ? "" : "kubectl-berth: not let go:\n" + listed(lines);
}

} // namespace berth::cli
