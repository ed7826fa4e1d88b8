#include "cli/replay/replay.hpp"

#include <nlohmann/json.hpp>

#include "cli/replay/decide.hpp"
#include "cli/replay/object_files.hpp"
#include "cli/replay/render.hpp"
#include "lib/base/file.hpp"
#include "lib/cluster/time_zones.hpp"
#include "lib/program/command_line.hpp"

namespace berth::cli {
namespace {

constexpr std::size_t kYamlBytesMax = std::size_t{4} << 20U;

Result<void> load_changes(const std::string& path, const std::string& kind,
                          decision_log::TrialChanges& changes) {
  if (path.empty())
    return {};
  BERTH_TRY(const std::string text, read_file(path, kYamlBytesMax));
  if (const auto read = read_changes(text, kind, changes); !read)
    return fail(read.error().code, path + ": " + read.error().message);
  return {};
}

Result<decision_log::TrialChanges> changes_of(const ReplayOptions& options) {
  decision_log::TrialChanges changes;
  BERTH_CHECK(load_changes(options.quotas, "Quota", changes));
  BERTH_CHECK(load_changes(options.policies, "AllocationPolicy", changes));
  return changes;
}

bool wants_document(Output output) {
  return output == Output::Json || output == Output::Yaml;
}

Result<Answer> compare(decision_log::LogReader& log, const CliOptions& options, CycleRange range,
                       const decision_log::TrialChanges& changes, const Paint& paint) {
  BERTH_TRY(const ComparisonView view, decide_comparison(log, range, changes));
  Answer answer;
  answer.out = wants_document(options.output)
                   ? document_of(options.output, comparison_json(view))
                   : render_comparison(view, options.output == Output::Wide, paint);
  return answer;
}

Result<Answer> verify(decision_log::LogReader& log, const CliOptions& options, CycleRange range,
                      const Paint& paint) {
  BERTH_TRY(const ReplayView view, decide_replay(log, range));
  Answer answer;
  answer.exit_code = view.disagreement ? program::kExitFailure : 0;
  answer.out = wants_document(options.output) ? document_of(options.output, replay_json(view))
                                              : render_replay(view, paint);
  return answer;
}

} // namespace

Result<decision_log::LogReader> open_log(const std::string& path, decision_log::Reading reading) {
  BERTH_TRY(auto segments, decision_log::find_segments(path));
  const auto zones = std::make_shared<cluster::TimeZones>();
  return decision_log::LogReader(
      std::move(segments), [zones](std::string_view name) { return zones->find(name); }, reading);
}

void add_notices(const decision_log::LogReader& log, Answer& answer) {
  for (const decision_log::Notice& notice : log.notices()) {
    answer.err += "kubectl-berth: " + printable(notice.text) + "\n";
    if (notice.is_damage && answer.exit_code == 0)
      answer.exit_code = program::kExitFailure;
  }
}

Answer answer_replay(const CliOptions& options, const Paint& paint) {
  const auto changes = changes_of(options.replay);
  if (!changes)
    return answer_failure(changes.error());
  auto log = open_log(options.replay.path);
  if (!log)
    return answer_failure(log.error());
  const CycleRange range{options.replay.from, options.replay.to};
  auto answered = changes->empty() ? verify(*log, options, range, paint)
                                   : compare(*log, options, range, *changes, paint);
  Answer answer = answered ? *std::move(answered) : answer_failure(answered.error());
  add_notices(*log, answer);
  return answer;
}

} // namespace berth::cli
