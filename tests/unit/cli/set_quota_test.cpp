// Changing one entry of a Quota: that one alone, only if nobody else did, and told before and
// after.

#include <catch2/catch.hpp>

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/edit.hpp"
#include "cli/output/document.hpp"
#include "cli/set_quota/set_quota.hpp"
#include "tests/unit/cli/golden.hpp"
#include "tests/unit/cli/operating_world.hpp"

using namespace berth;
using namespace berth::cli;
using nlohmann::json;

namespace {

const kube::ObjectKey kResearch{"", "research"};

struct QuotaWorld : OperatingWorld {
  Answer set(const std::function<void(SetQuotaOptions&)>& adjust) {
    return ask(Command::SetQuota, [&](CliOptions& options) {
      options.set_quota.quota = "research";
      options.set_quota.resource = "cpu";
      adjust(options.set_quota);
    });
  }
  json entry(int place = 0) {
    return admin.get("Quota", kResearch)["spec"]["pools"][0]["resources"][place];
  }
  void set_spec_entry(const json& entry) {
    admin.patch(
        "Quota", kResearch,
        {{"spec", {{"pools", {{{"poolRef", {{"name", "cpu"}}}, {"resources", {entry}}}}}}}});
  }
};

} // namespace

TEST_CASE("Set-quota changes what is named, and tells what it was and is") {
  QuotaWorld world;
  const Answer answer = world.set([](auto& options) {
    options.nominal = "60";
    options.borrowing_limit = "unlimited";
    options.lending_limit = "5";
  });
  CHECK(answer.exit_code == 0);
  check_golden("set-quota.txt", answer.out);
  CHECK(world.entry() == json{{"name", "cpu"}, {"nominal", "60"}, {"lendingLimit", "5"}});
  CHECK(world.entry(1) == json{{"name", "memory"}, {"nominal", "64Gi"}});
}

TEST_CASE("A dry run asks the server and changes nothing") {
  QuotaWorld world;
  const auto before = world.entry();
  const Answer answer = world.set([](auto& options) {
    options.nominal = "60";
    options.dry_run = true;
  });
  CHECK(answer.exit_code == 0);
  CHECK(answer.out.find("would be changed (dry run)") != std::string::npos);
  CHECK(world.patches() == 1);
  CHECK(world.entry() == before);
}

TEST_CASE("The same amount, however it is written, is nothing to change") {
  QuotaWorld world;
  const Answer answer = world.set([](auto& options) { options.nominal = "50000m"; });
  CHECK(answer.exit_code == 0);
  CHECK(answer.out.find("nothing to change") != std::string::npos);
  CHECK(world.patches() == 0);
}

TEST_CASE("What the operator writes to the status meanwhile is no hindrance") {
  QuotaWorld world;
  world.before_the_first_patch([&] {
    world.admin.patch("Quota", kResearch,
                      {{"status", {{"workloads", {{"admitted", 3}, {"pending", 0}}}}}}, "status");
  });
  CHECK(world.set([](auto& options) { options.nominal = "60"; }).exit_code == 0);
  CHECK(world.patches() == 1);
  CHECK(world.entry()["nominal"] == "60");
}

TEST_CASE("An entry that somebody else changes meanwhile is looked at again and keeps the change") {
  QuotaWorld world;
  world.before_the_first_patch(
      [&] { world.set_spec_entry({{"name", "cpu"}, {"nominal", 50}, {"borrowingLimit", 7}}); });
  const Answer answer = world.set([](auto& options) { options.nominal = "60"; });
  CHECK(answer.exit_code == 0);
  CHECK(world.patches() == 2);
  CHECK(world.entry() == json{{"name", "cpu"}, {"nominal", "60"}, {"borrowingLimit", 7}});
}

TEST_CASE("An entry that never stands still ends the command, and names the object") {
  QuotaWorld world;
  int nominal = 100;
  world.transport.faults().aim(simulation::Fault::Refuse, [&](const http::Request& request) {
    if (request.method == "PATCH")
      world.set_spec_entry({{"name", "cpu"}, {"nominal", ++nominal}});
    return false;
  });
  const Answer answer = world.set([](auto& options) { options.nominal = "60"; });
  CHECK(answer.exit_code == program::kExitFailure);
  CHECK(world.patches() == kEditTriesMax);
  CHECK(answer.err.find("Quota research") != std::string::npos);
}

TEST_CASE("What does not exist is exit code 3, and the answer names what does") {
  QuotaWorld world;
  const auto said = [&](const std::function<void(SetQuotaOptions&)>& adjust) {
    const Answer answer = world.set([&](auto& options) {
      options.nominal = "1";
      adjust(options);
    });
    CHECK(answer.exit_code == kExitNotFound);
    return answer.err;
  };
  CHECK(said([](auto& options) { options.quota = "nobody"; }) ==
        "kubectl-berth: there is no Quota nobody; \"kubectl berth status\" lists them\n");
  CHECK(said([](auto& options) { options.pool = "gpu"; }) ==
        "kubectl-berth: Quota research has no pool gpu; it has: cpu\n");
  CHECK(said([](auto& options) { options.resource = "disk"; }) ==
        "kubectl-berth: Quota research has no disk in pool cpu; it has: cpu, memory\n");
}

TEST_CASE("What is in use above the new amount is told") {
  const json quota{
      {"metadata", {{"name", "q"}, {"uid", "u"}}},
      {"spec",
       {{"pools",
         {{{"poolRef", {{"name", "cpu"}}}, {"resources", {{{"name", "cpu"}, {"nominal", 50}}}}}}}}},
      {"status",
       {{"pools", {{{"pool", "cpu"}, {"resources", {{{"name", "cpu"}, {"used", "45500m"}}}}}}}}}};
  SetQuotaOptions options;
  options.quota = "q";
  options.resource = "cpu";
  options.nominal = "40";
  const auto edit = decide_quota_edit(quota, options);
  REQUIRE(edit);
  CHECK(edit->overused);
  check_golden("set-quota-lowered.txt", render_quota_edit(*edit, options, Paint{}));
  check_golden("set-quota.json", json_document(quota_edit_json(*edit, options)));
  options.nominal = "46";
  CHECK_FALSE(decide_quota_edit(quota, options)->overused);
}

TEST_CASE("A Quota with several pools must be told which") {
  json quota{{"metadata", {{"name", "q"}}}};
  quota["spec"]["pools"] =
      json::array({{{"poolRef", {{"name", "a"}}}}, {{"poolRef", {{"name", "b"}}}}});
  SetQuotaOptions options;
  options.resource = "cpu";
  const auto edit = decide_quota_edit(quota, options);
  REQUIRE_FALSE(edit);
  CHECK(edit.error().message ==
        "Quota q has not just one pool: name one with --pool; it has: a, b");
}
