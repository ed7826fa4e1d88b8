// The burst of a pool by command: begun, adjusted and ended, only as it was seen, and told.

#include <catch2/catch.hpp>

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/burst/burst.hpp"
#include "lib/base/timestamp.hpp"
#include "tests/unit/cli/golden.hpp"
#include "tests/unit/cli/operating_world.hpp"

using namespace berth;
using namespace berth::cli;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using nlohmann::json;

namespace {

const kube::ObjectKey kPool{"", "cpu"};

struct BurstWorld : OperatingWorld {
  explicit BurstWorld(const json& burst = {{"maxDurationSeconds", 3600}}) {
    admin.create(simulation::make_object("berth.dev/v1alpha1", "ResourcePool", "", "cpu")
                     .spec({{"resources", {{{"name", "cpu"}}}}})
                     .build());
    if (!burst.is_null())
      allow(burst);
  }
  void allow(const json& burst) {
    admin.patch("ResourcePool", kPool, {{"spec", {{"burst", burst}}}});
  }
  Answer burst(const std::function<void(BurstOptions&)>& adjust = [](BurstOptions&) {}) {
    return ask(Command::Burst, [&](CliOptions& options) {
      options.burst.pool = "cpu";
      adjust(options.burst);
    });
  }
  [[nodiscard]] json period() {
    const json pool = admin.get("ResourcePool", kPool);
    return pool["spec"]["burst"].value("period", json());
  }
  [[nodiscard]] TimePoint ends_at() {
    return *parse_time(period().at("endsAt").get<std::string>());
  }
  [[nodiscard]] TimePoint now() { return std::chrono::floor<std::chrono::seconds>(executor.now()); }
};

} // namespace

TEST_CASE("Burst lets more be charged to a pool for a time, and tells until when") {
  BurstWorld world;
  const Answer answer = world.burst([](auto& options) {
    options.duration = "30m";
    options.factor = "1.25";
  });
  CHECK(answer.exit_code == 0);
  check_golden("burst.txt", answer.out);
  CHECK(world.period() == json{{"startsAt", format_time(world.now())},
                               {"endsAt", format_time(world.now() + 30min)},
                               {"factorPercent", 125},
                               {"resources", {"cpu"}},
                               {"cause", "Forced"}});
}

TEST_CASE("Without a time a burst lasts as long as its pool allows, with the pool's factor") {
  BurstWorld world;
  CHECK(world.burst([](auto& options) { options.resources = {"cpu", "memory"}; }).exit_code == 0);
  CHECK(world.ends_at() == world.now() + 1h);
  CHECK_FALSE(world.period().contains("factorPercent"));
  CHECK(world.period()["resources"] == json{"cpu", "memory"});
}

TEST_CASE("A burst that is on is adjusted: what is not named stays, and its bound too") {
  BurstWorld world;
  static_cast<void>(world.burst([](auto& options) {
    options.duration = "40m";
    options.factor = "1.5";
  }));
  const json begun = world.period();
  world.executor.run_for(20min);
  CHECK(world.burst([](auto& options) { options.duration = "30m"; }).exit_code == 0);
  CHECK(world.period()["startsAt"] == begun["startsAt"]);
  CHECK(world.period()["factorPercent"] == 150);
  CHECK(world.ends_at() == world.now() + 30min);
  const Answer too_long = world.burst([](auto& options) { options.duration = "41m"; });
  CHECK(too_long.exit_code != 0);
  CHECK_THAT(too_long.err, Contains("--for: ") && Contains("maxDurationSeconds is 3600"));
  CHECK(world.burst([](auto& options) { options.factor = "1.1"; }).exit_code == 0);
  CHECK(world.ends_at() == world.now() + 30min);
  CHECK(world.period()["factorPercent"] == 110);
}

TEST_CASE("A burst that the analyzer began is somebody's own once it was adjusted") {
  BurstWorld world;
  const TimePoint now = world.now();
  world.allow({{"period",
                {{"startsAt", format_time(now)},
                 {"endsAt", format_time(now + 10min)},
                 {"cause", "Pressure"}}}});
  CHECK(world.burst().exit_code == 0);
  CHECK(world.period()["cause"] == "Forced");
  CHECK(world.ends_at() == now + 10min);
}

TEST_CASE("A burst is ended at once, and a second time is nothing to change") {
  BurstWorld world;
  const auto end = [](BurstOptions& options) { options.end = true; };
  CHECK_THAT(world.burst(end).out, Contains("nothing to change"));
  static_cast<void>(world.burst());
  world.executor.run_for(5min);
  const Answer answer = world.burst(end);
  CHECK(answer.exit_code == 0);
  check_golden("burst-ended.txt", answer.out);
  CHECK(world.ends_at() == world.now());
  CHECK_THAT(world.burst(end).out, Contains("nothing to change"));
  world.executor.run_for(1s);
  CHECK(world.burst().exit_code == 0); // another one begins
  CHECK(world.ends_at() == world.now() + 1h);
}

TEST_CASE("A pool that allows no bursts has none, and the answer says what to set") {
  BurstWorld world(json{});
  const Answer answer = world.burst();
  CHECK(answer.exit_code != 0);
  CHECK_THAT(answer.err, Contains("ResourcePool cpu allows no bursts: set its spec.burst"));
  CHECK(world.patches() == 0);
  const Answer missing = world.burst([](auto& options) { options.pool = "nothing"; });
  CHECK(missing.exit_code == kExitNotFound);
}

TEST_CASE("A dry run of a burst asks the server and changes nothing") {
  BurstWorld world;
  const Answer answer = world.burst([](auto& options) { options.dry_run = true; });
  CHECK_THAT(answer.out, Contains("would be changed (dry run)"));
  CHECK(world.patches() == 1);
  CHECK(world.period().is_null());
}

TEST_CASE("A burst that somebody else began meanwhile is looked at again, and adjusted") {
  BurstWorld world;
  const TimePoint now = world.now();
  world.before_the_first_patch([&] {
    world.allow({{"period",
                  {{"startsAt", format_time(now - 10min)},
                   {"endsAt", format_time(now + 10min)},
                   {"factorPercent", 140}}}});
  });
  CHECK(world.burst([](auto& options) { options.duration = "20m"; }).exit_code == 0);
  CHECK(world.patches() == 2);
  CHECK(world.period()["startsAt"] == format_time(now - 10min));
  CHECK(world.period()["factorPercent"] == 140);
  CHECK(world.ends_at() == now + 20min);
}

TEST_CASE("What the operator writes to a pool's status is no hindrance to its burst") {
  BurstWorld world;
  world.before_the_first_patch([&] {
    world.admin.patch("ResourcePool", kPool, {{"status", {{"utilizationPercent", 97}}}}, "status");
  });
  CHECK(world.burst().exit_code == 0);
  CHECK(world.patches() == 1);
}

TEST_CASE("What a burst is may be asked for as JSON") {
  BurstWorld world;
  const Answer answer = world.ask(Command::Burst, [](CliOptions& options) {
    options.burst.pool = "cpu";
    options.burst.factor = "2";
    options.output = Output::Json;
  });
  const json told = json::parse(answer.out);
  CHECK(told["changed"] == true);
  CHECK(told["before"].is_null());
  CHECK(told["after"]["factorPercent"] == 200);
}

TEST_CASE("A factor is a number from 1 to 3 with two decimals at most") {
  CHECK(parse_factor_percent("1.2") == 120);
  CHECK(parse_factor_percent("1") == 100);
  CHECK(parse_factor_percent("3.00") == 300);
  CHECK(parse_factor_percent("1.25") == 125);
  for (const char* wrong : {"", "0.9", "3.01", "1.255", "120", "-1.2", "1.2x", "1500m", "1e0", "."})
    CHECK_FALSE(parse_factor_percent(wrong));
}
