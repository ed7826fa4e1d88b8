#include "cli/simulate/simulate.hpp"

#include <charconv>
#include <fstream>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "cli/replay/replay.hpp"
#include "cli/simulate/kueue_load.hpp"
#include "cli/simulate/log_run.hpp"
#include "cli/simulate/openb.hpp"
#include "cli/simulate/picture/picture.hpp"
#include "cli/simulate/render.hpp"
#include "cli/simulate/scenario_file.hpp"
#include "lib/base/file.hpp"

namespace berth::cli {
namespace {

constexpr std::size_t kCsvBytesMax = std::size_t{256} << 20U;
constexpr std::size_t kYamlBytesMax = std::size_t{4} << 20U;

template <class Decode>
using Decoded = std::invoke_result_t<Decode, std::string>;

/// Reads and decodes; a fault in the content names the file.
template <class Decode>
Decoded<Decode> load(const std::string& path, std::size_t bytes_max, Decode decode) {
  BERTH_TRY(const std::string text, read_file(path, bytes_max));
  auto decoded = decode(text);
  if (!decoded)
    return fail(decoded.error().code, path + ": " + decoded.error().message);
  return decoded;
}

/// Best fit is compared with the published one, which looks at cpu and devices.
allocation::StrategyParams published_weights() {
  allocation::StrategyParams params;
  params.resource_weights.push_back({resources::ResourceName::memory(), 0});
  return params;
}

Result<simulator::PackingInput> load_openb(const SimulateOptions& options) {
  simulator::PackingInput input;
  const std::string pods =
      options.pods.empty() ? options.openb + "/openb_pod_list_default.csv" : options.pods;
  BERTH_TRY(input.nodes, load(options.openb + "/openb_node_list_gpu_node.csv", kCsvBytesMax,
                              [](const std::string& text) { return decode_openb_nodes(text); }));
  BERTH_TRY(input.pods, load(pods, kCsvBytesMax,
                             [](const std::string& text) { return decode_openb_pods(text); }));
  return input;
}

bool wants_document(Output output) {
  return output == Output::Json || output == Output::Yaml;
}

Answer simulate_packing(const CliOptions& options, const Paint& paint) {
  const auto input = load_openb(options.simulate);
  if (!input)
    return answer_failure(input.error());
  const auto seeds = parse_seeds(options.simulate.seeds);
  if (!seeds)
    return answer_failure(seeds.error());
  simulator::PackingOptions packing;
  packing.strategy = allocation::strategy_from(options.simulate.strategy)
                         .value_or(allocation::Strategy::FragmentationAware);
  packing.params = published_weights();
  packing.load_percent = options.simulate.load_percent;
  const PackingView view = decide_packing(*input, packing, *seeds);
  Answer answer;
  answer.out = wants_document(options.output) ? document_of(options.output, packing_json(view))
                                              : render_packing(view, paint);
  return answer;
}

Result<void> draw(const std::string& path, const simulator::Scenario& scenario,
                  const simulator::ScenarioRun& run) {
  return write_file(path, path.ends_with(".svg") ? draw_schedule(scenario, run)
                                                 : schedule_page(scenario, run));
}

/// A long run is not to end with a picture that cannot be written.
Result<void> check_writable(const std::string& path) {
  if (path.empty() || std::ofstream(path, std::ios::app))
    return {};
  return fail(Code::Invalid, path + ": cannot be written");
}

Answer show(const CliOptions& options, const ScenarioView& view,
            const simulator::Scenario& scenario, const Paint& paint) {
  if (!options.simulate.picture.empty())
    if (const auto drawn = draw(options.simulate.picture, scenario, view.run); !drawn)
      return answer_failure(drawn.error());
  Answer answer;
  answer.out = wants_document(options.output)
                   ? document_of(options.output, scenario_json(view))
                   : render_scenario(view, options.output == Output::Wide, paint);
  return answer;
}

Answer simulate_scenario(const CliOptions& options, const Paint& paint, const Onlooker& onlooker) {
  const bool is_kueue = !options.simulate.kueue.empty();
  const auto scenario = is_kueue ? load(options.simulate.kueue, kYamlBytesMax, decode_kueue_load)
                                 : load(options.simulate.scenario, kYamlBytesMax, decode_scenario);
  if (!scenario)
    return answer_failure(scenario.error());
  simulator::RunOptions run;
  run.keep_records = !options.simulate.picture.empty();
  return show(options, decide_scenario(*scenario, run, onlooker), *scenario, paint);
}

Answer simulate_log(const CliOptions& options, const Paint& paint, const Onlooker& onlooker) {
  auto log = open_log(options.simulate.log);
  if (!log)
    return answer_failure(log.error());
  decision_log::StoryTeller teller;
  while (const auto cycle = log->next())
    teller.hear(*cycle);
  const decision_log::Story story = teller.tell();
  Answer answer;
  if (story.events.empty()) {
    answer = answer_failure(Error{Code::NotFound, "the log holds no readable cycle", {}});
  } else {
    const auto run = run_log(story, allocation::strategy_from(options.simulate.strategy),
                             !options.simulate.picture.empty(), onlooker);
    answer = run ? show(options, run->view, run->scenario, paint) : answer_failure(run.error());
  }
  add_notices(*log, answer);
  return answer;
}

bool read_seed(std::string_view text, std::uint64_t& seed) {
  const auto [end, error] = std::from_chars(text.begin(), text.end(), seed);
  return error == std::errc{} && end == text.end();
}

} // namespace

Result<SeedRange> parse_seeds(std::string_view text) {
  SeedRange range;
  const std::size_t dash = text.find('-');
  const bool is_range = dash != std::string_view::npos;
  const bool is_read = read_seed(text.substr(0, dash), range.first) &&
                       read_seed(is_range ? text.substr(dash + 1) : text, range.last);
  if (!is_read || range.last < range.first || range.last - range.first >= kSeedsMax)
    return fail(Code::Invalid, "must be a seed or a range of at most 1000, as 42-51");
  return range;
}

Answer answer_simulate(const CliOptions& options, const Paint& paint, const Onlooker& onlooker) {
  if (const auto writable = check_writable(options.simulate.picture); !writable)
    return answer_failure(writable.error());
  if (!options.simulate.openb.empty())
    return simulate_packing(options, paint);
  return options.simulate.log.empty() ? simulate_scenario(options, paint, onlooker)
                                      : simulate_log(options, paint, onlooker);
}

} // namespace berth::cli
