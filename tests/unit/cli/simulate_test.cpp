// simulate as a command: seeds, what it prints, and how it fails.

#include <catch2/catch.hpp>

#include <filesystem>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "cli/simulate/render.hpp"
#include "cli/simulate/scenario_file.hpp"
#include "cli/simulate/simulate.hpp"
#include "lib/base/file.hpp"
#include "tests/unit/cli/golden.hpp"

using namespace berth;
using namespace berth::cli;
using namespace std::chrono_literals;

namespace {

constexpr const char* kExample = "examples/simulate/three-teams.yaml";

std::chrono::microseconds no_time() {
  return 0us;
}

Answer simulate(const SimulateOptions& simulate, Output output = Output::Text) {
  CliOptions options;
  options.command = Command::Simulate;
  options.simulate = simulate;
  options.output = output;
  return answer_simulate(options, Paint{}, {no_time});
}

Answer simulate_example(Output output) {
  SimulateOptions options;
  options.scenario = kExample;
  return simulate(options, output);
}

PackingView packing_view() {
  PackingView view;
  view.strategy = "BestFit";
  view.load_percent = 130;
  view.runs = {{42, 8000, 10'400, 7440, 7900, 10, 3}, {43, 8000, 10'390, 7480, 8000, 11, 2}};
  view.mean = 93.25;
  view.deviation = 0.353553;
  view.upper_bound = 99.375;
  return view;
}

} // namespace

TEST_CASE("Seeds are one number or a range that does not end before it begins") {
  const auto range_of = [](std::string_view text) {
    const auto range = parse_seeds(text);
    REQUIRE(range);
    return std::pair{range->first, range->last};
  };
  CHECK(range_of("42-51") == std::pair<std::uint64_t, std::uint64_t>{42, 51});
  CHECK(range_of("7") == std::pair<std::uint64_t, std::uint64_t>{7, 7});
  CHECK(range_of("0-999") == std::pair<std::uint64_t, std::uint64_t>{0, 999});
  CHECK(range_of("18446744073709551615").first == UINT64_MAX);
  for (const char* bad : {"", "-", "a", "1-", "-1", "5-4", "1-2-3", "1 - 2", "1..3", "0-1000",
                          "18446744073709551616"}) {
    INFO(bad);
    CHECK_FALSE(parse_seeds(bad));
  }
}

TEST_CASE("The example prints what became of it") {
  check_golden("simulate.txt", simulate_example(Output::Text).out);
  check_golden("simulate-wide.txt", simulate_example(Output::Wide).out);
  check_golden("simulate.json", simulate_example(Output::Json).out);
}

TEST_CASE("An example with reservations says which of their windows were honored") {
  SimulateOptions options;
  options.scenario = "examples/simulate/reservations.yaml";
  check_golden("simulate-reservations.txt", simulate(options).out);
}

TEST_CASE("R3: the windows of whole nodes are honored beside a promise of amounts that is always "
          "open, too") {
  std::string text = read_file("examples/simulate/reservations.yaml", 1 << 20U).value();
  const std::string_view whole_node = "nodeCount: 1";
  const auto at = text.find(whole_node);
  REQUIRE(at != std::string::npos);
  text.replace(at, whole_node.size(), "resources: {cpu: 32, nvidia.com/gpu: 8}");
  const auto run = simulator::run(decode_scenario(text).value(), {});
  REQUIRE(run.report.reservations.size() == 2);
  for (const auto& reservation : run.report.reservations) {
    INFO(reservation.name);
    CHECK(reservation.windows >= 1);
    CHECK(reservation.honored == reservation.windows);
  }
}

TEST_CASE("A packing prints each seed and the mean with its bound") {
  check_golden("simulate-packing.txt", render_packing(packing_view(), Paint{}));
  check_golden("simulate-packing.json", document_of(Output::Json, packing_json(packing_view())));
}

TEST_CASE("The mean and deviation of a packing are those of its runs") {
  simulator::PackingInput input;
  allocation::NodeView node;
  node.name = NodeName{"n"};
  node.allocatable = {{"pods", 10}, {"nvidia.com/gpu", 3}};
  input.nodes = {node};
  for (const std::int64_t devices : {1, 3}) {
    allocation::PodShape shape;
    shape.requests = {{"pods", 1}, {"nvidia.com/gpu", devices}};
    input.pods.emplace_back(shape);
  }
  const PackingView view = decide_packing(input, {}, {1, 20});
  REQUIRE(view.runs.size() == 20);
  double sum = 0;
  double squares = 0;
  for (const auto& run : view.runs) {
    const double percent = percent_of(run.allocated_milli, run.capacity_milli);
    sum += percent;
    squares += percent * percent;
  }
  const double variance = (squares - sum * sum / 20) / 19;
  CHECK(view.mean == Approx(sum / 20));
  CHECK(view.deviation * view.deviation == Approx(variance));
  CHECK(variance > 0); // where the small one comes first, the large one has no room
  CHECK(view.upper_bound == Approx(100));
  CHECK(decide_packing(input, {}, {7, 7}).deviation == 0);
  CHECK(percent_of(1, 0) == 0);
}

TEST_CASE("A file that is missing or wrong is named") {
  SimulateOptions missing;
  missing.scenario = "no/such.yaml";
  CHECK(simulate(missing).exit_code == kExitNotFound);
  CHECK(simulate(missing).err == "kubectl-berth: no/such.yaml: cannot be opened\n");
  SimulateOptions wrong;
  wrong.kueue = kExample;
  CHECK(simulate(wrong).exit_code == program::kExitFailure);
  CHECK(simulate(wrong).err ==
        std::string("kubectl-berth: ") + kExample + ": line 6: cohorts: is missing\n");
  SimulateOptions no_trace;
  no_trace.openb = "no";
  CHECK(simulate(no_trace).err ==
        "kubectl-berth: no/openb_node_list_gpu_node.csv: cannot be opened\n");
}

TEST_CASE("A picture is written as a page or as a drawing, beside what is printed") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("berth-picture-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  SimulateOptions options;
  options.scenario = kExample;
  const std::string printed = simulate(options).out;
  for (const char* name : {"schedule.svg", "schedule.html"}) {
    options.picture = folder / name;
    const Answer answer = simulate(options);
    CHECK(answer.exit_code == 0);
    CHECK(answer.out == printed);
    const auto drawn = read_file(options.picture, 4U << 20U);
    REQUIRE(drawn);
    CHECK(drawn->starts_with(name == std::string("schedule.svg") ? "<svg " : "<!DOCTYPE html>"));
    CHECK(drawn->find("</svg>") != std::string::npos);
  }
  options.picture = folder / "no" / "schedule.svg";
  CHECK(simulate(options).exit_code == program::kExitFailure);
  CHECK(simulate(options).err == "kubectl-berth: " + options.picture + ": cannot be written\n");
  std::filesystem::remove_all(folder);
}
