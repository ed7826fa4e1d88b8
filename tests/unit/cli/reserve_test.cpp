// Making a Reservation from flags, waiting for what the operator says of it, and deleting it.

#include <catch2/catch.hpp>

#include <utility>

#include <nlohmann/json.hpp>

#include "cli/duration.hpp"
#include "cli/output/document.hpp"
#include "cli/reserve/reserve.hpp"
#include "tests/unit/cli/golden.hpp"
#include "tests/unit/cli/operating_world.hpp"

using namespace berth;
using namespace berth::cli;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const kube::ObjectKey kNightly{"", "nightly"};

ReserveOptions window_options() {
  ReserveOptions options;
  options.name = "nightly";
  options.pool = "cpu";
  options.quota = "research";
  options.amounts = {"cpu=32", "memory=64Gi"};
  options.start = "+30m";
  options.duration = "6h";
  return options;
}

struct ReserveWorld : OperatingWorld {
  Answer reserve(const std::function<void(ReserveOptions&)>& adjust = {}) {
    return ask(Command::Reserve, [&](CliOptions& options) {
      options.reserve = window_options();
      if (adjust)
        adjust(options.reserve);
    });
  }
  Answer release(const std::string& name, bool wait = false) {
    return ask(Command::Release, [&](CliOptions& options) {
      options.release.reservation = name;
      options.release.wait = wait;
    });
  }
  /// As the operator writes it.
  void judge(const std::string& type, const std::string& status, const std::string& reason,
             const std::string& message) {
    json conditions = admin.get("Reservation", kNightly)
                          .value("status", json::object())
                          .value("conditions", json::array());
    conditions.push_back({{"type", type},
                          {"status", status},
                          {"reason", reason},
                          {"message", message},
                          {"observedGeneration", 1},
                          {"lastTransitionTime", "2026-03-02T09:00:00Z"}});
    admin.patch("Reservation", kNightly, {{"status", {{"conditions", conditions}}}}, "status");
  }
  void set_status(const json& status) {
    admin.patch("Reservation", kNightly, {{"status", status}}, "status");
  }
};

} // namespace

TEST_CASE("Reserve makes exactly what was named") {
  ReserveWorld world;
  const Answer answer = world.reserve();
  CHECK(answer.exit_code == 0);
  check_golden("reserve.txt", answer.out);
  json made = world.admin.get("Reservation", kNightly)["spec"];
  for (const char* default_of_the_server :
       {"deletionPolicy", "leadTimeSeconds", "lendIdle", "overrun"})
    CHECK(made.erase(default_of_the_server) == 1);
  CHECK(made ==
        json{{"kind", "TimeWindow"},
             {"poolRef", {{"name", "cpu"}}},
             {"quotaRef", {{"name", "research"}}},
             {"resources",
              {{{"name", "cpu"}, {"amount", "32"}}, {{"name", "memory"}, {"amount", "64Gi"}}}},
             {"window", {{"start", "2026-03-02T09:30:00Z"}, {"durationSeconds", 21600}}}});
  CHECK(world.waits == 0);
}

TEST_CASE("Every flag of reserve has its field") {
  ReserveOptions options = window_options();
  options.amounts.clear();
  options.nodes = 2;
  options.start.clear();
  options.schedule = "0 22 * * 1-5";
  options.time_zone = "Europe/Berlin";
  options.allow_quotas = {"product"};
  options.allow_namespaces = {"shop"};
  options.lead_time = "30m";
  options.overrun = "Warn";
  options.keep_idle = true;
  CHECK(reserve_problems(options).empty());
  CHECK(json::parse(reservation_body(options, TimePoint{}))["spec"] ==
        json{{"kind", "TimeWindow"},
             {"poolRef", {{"name", "cpu"}}},
             {"quotaRef", {{"name", "research"}}},
             {"nodeCount", 2},
             {"window",
              {{"schedule", "0 22 * * 1-5"},
               {"timeZone", "Europe/Berlin"},
               {"durationSeconds", 21600}}},
             {"allowed", {{"quotas", {"product"}}, {"namespaces", {"shop"}}}},
             {"leadTimeSeconds", 1800},
             {"overrun", "Warn"},
             {"lendIdle", false}});
  options.schedule.clear();
  options.time_zone.clear();
  options.duration.clear();
  CHECK(json::parse(reservation_body(options, TimePoint{}))["spec"]["kind"] == "Guaranteed");
}

TEST_CASE("A wrong flag of reserve is named with what it must be") {
  const auto problem = [](const std::function<void(ReserveOptions&)>& adjust) {
    ReserveOptions options = window_options();
    adjust(options);
    const auto problems = reserve_problems(options);
    REQUIRE(problems.size() == 1);
    return problems.front();
  };
  CHECK(reserve_problems(window_options()).empty());
  CHECK(problem([](auto& o) { o.nodes = 2; }) == "reserve: name either --amount or --nodes");
  CHECK(problem([](auto& o) { o.amounts.clear(); }) == "reserve: name either --amount or --nodes");
  for (const char* amount : {"cpu", "=3", "cpu=", "cpu=many", "cpu=0", "cpu=-1"})
    CHECK(problem([&](auto& o) { o.amounts = {amount}; }).find("RESOURCE=QUANTITY") !=
          std::string::npos);
  CHECK(problem([](auto& o) { o.amounts = {"cpu=1", "cpu=2"}; }) == "--amount: cpu is named twice");
  CHECK(problem([](auto& o) { o.schedule = "0 22 * * *"; }) ==
        "reserve: name either --start or --schedule");
  CHECK(problem([](auto& o) { o.duration.clear(); }) ==
        "--for: is needed with --start and --schedule");
  CHECK(problem([](auto& o) { o.start.clear(); }) == "--for: needs --start or --schedule");
  CHECK(problem([](auto& o) { o.start = "tomorrow"; }).starts_with("--start: must be a time"));
  CHECK(problem([](auto& o) { o.time_zone = "Europe/Berlin"; }) == "--time-zone: needs --schedule");
  CHECK(problem([](auto& o) { o.duration = "30s"; }) == "--for: must be 1m to 365d");
  CHECK(problem([](auto& o) { o.lead_time = "soon"; }).starts_with("--lead-time: "));
  CHECK(problem([](auto& o) { o.until_active = true; }) == "--active: needs --wait");
  CHECK(problem([](auto& o) {
          o.start.clear();
          o.schedule = "at night";
        }).starts_with("--schedule: "));
}

TEST_CASE("With --wait reserve ends once the reservation is accepted") {
  ReserveWorld world;
  world.on_wait = [&] {
    if (world.waits == 3) {
      world.judge("Accepted", "True", "Accepted", "it fits");
      world.set_status(
          {{"nextWindow", {{"start", "2026-03-02T09:30:00Z"}, {"end", "2026-03-02T15:30:00Z"}}}});
    }
  };
  const Answer answer = world.reserve([](auto& options) { options.wait = true; });
  CHECK(answer.exit_code == 0);
  CHECK(answer.err.empty());
  CHECK(world.waits == 3);
  check_golden("reserve-accepted.txt", answer.out);
}

TEST_CASE("With --active reserve waits for the window too") {
  ReserveWorld world;
  world.on_wait = [&] {
    if (world.waits == 1)
      world.judge("Accepted", "True", "Accepted", "it fits");
    if (world.waits == 4)
      world.judge("Active", "True", "WindowOpen", "it holds its capacity");
  };
  const Answer answer = world.reserve([](auto& options) {
    options.wait = true;
    options.until_active = true;
  });
  CHECK(answer.exit_code == 0);
  CHECK(world.waits == 4);
  CHECK(answer.out.find("WindowOpen: it holds its capacity") != std::string::npos);
}

TEST_CASE("A reservation that is refused is exit code 1, with the reason and the next start") {
  ReserveWorld world;
  world.on_wait = [&] {
    world.judge("Accepted", "False", "CalendarFull", "the pool is promised until 14:00");
    world.set_status({{"nextPossibleStart", "2026-03-02T14:00:00Z"}});
  };
  const Answer answer = world.reserve([](auto& options) { options.wait = true; });
  CHECK(answer.exit_code == program::kExitFailure);
  check_golden("reserve-refused.txt", answer.out);
  CHECK(answer.err ==
        "kubectl-berth: Reservation nightly is refused: the pool is promised until 14:00; "
        "\"kubectl berth release nightly\" takes it back\n");
  CHECK(world.admin.find("Reservation", kNightly));
}

TEST_CASE("Waiting ends with its time") {
  ReserveWorld world;
  const Answer answer = world.reserve([](auto& options) {
    options.wait = true;
    options.timeout = "10s";
  });
  CHECK(answer.exit_code == program::kExitFailure);
  CHECK(world.waits == 10);
  CHECK(answer.err.find("not judged after 10s") != std::string::npos);
}

TEST_CASE("A name that is taken is told, with the next step") {
  ReserveWorld world;
  CHECK(world.reserve().exit_code == 0);
  const Answer again = world.reserve();
  CHECK(again.exit_code == program::kExitFailure);
  CHECK(again.err.find("there is a Reservation nightly already") != std::string::npos);
}

TEST_CASE("Release deletes the reservation that it names, and no other") {
  ReserveWorld world;
  CHECK(world.reserve().exit_code == 0);
  CHECK(world.reserve([](auto& options) { options.name = "other"; }).exit_code == 0);
  const Answer answer = world.release("nightly");
  CHECK(answer.exit_code == 0);
  CHECK(answer.out == "Reservation nightly: released\n");
  CHECK_FALSE(world.admin.find("Reservation", kNightly));
  CHECK(world.admin.find("Reservation", {"", "other"}));
  const Answer again = world.release("nightly");
  CHECK(again.exit_code == kExitNotFound);
  CHECK(again.err ==
        "kubectl-berth: there is no Reservation nightly; \"kubectl berth status\" lists them\n");
}

TEST_CASE("R5: a reservation in use goes when its holders end, and --wait waits for that") {
  ReserveWorld world;
  CHECK(world.reserve().exit_code == 0);
  const auto hold = [&](const json& finalizers) {
    world.admin.patch("Reservation", kNightly, {{"metadata", {{"finalizers", finalizers}}}});
  };
  hold(json::array({"berth.dev/in-use"}));
  world.set_status({{"holderCount", 2}});
  const Answer left = world.release("nightly");
  CHECK(left.exit_code == 0);
  CHECK(left.out == "Reservation nightly: is being released\n"
                    "2 pods still in it; it goes when they end\n");
  world.on_wait = [&] {
    if (world.waits == 2)
      hold(json::array());
  };
  const Answer gone = world.release("nightly", true);
  CHECK(gone.exit_code == 0);
  CHECK(gone.out == "Reservation nightly: released\n");
  CHECK(world.waits == 2);
}

TEST_CASE("Durations are read as they are printed, and nothing else is read") {
  for (const auto& [text, duration] :
       {std::pair{"45s", Duration{45s}}, std::pair{"2m10s", Duration{130s}},
        std::pair{"3h5m", Duration{3h + 5min}}, std::pair{"4d2h", Duration{98h}},
        std::pair{"90m", Duration{90min}}, std::pair{"0s", Duration{0s}}}) {
    INFO(text);
    REQUIRE(parse_duration(text));
    CHECK(*parse_duration(text) == duration);
  }
  for (const char* text : {"", "5", "m", "-5m", "5m-3s", "5m3h", "5m5m", "1.5h", "5 m",
                           "99999999999s", "4000d", "99999999999999999999s"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
}
