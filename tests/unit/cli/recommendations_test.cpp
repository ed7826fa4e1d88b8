// What the analyzer recommends: listed, and applied as it says, to the object that it was about.

#include <catch2/catch.hpp>

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/output/document.hpp"
#include "cli/recommendations/recommendations.hpp"
#include "lib/api/codec.hpp"
#include "lib/api/evictions.hpp"
#include "tests/support/simulation/builders.hpp"
#include "tests/unit/cli/golden.hpp"
#include "tests/unit/cli/operating_world.hpp"
#include "tests/unit/cli/scene.hpp"

using namespace berth;
using namespace berth::cli;
using nlohmann::json;

namespace {

const kube::ObjectKey kWeb{"research", "web"};

json condition(const std::string& type, const std::string& status, const std::string& reason) {
  return {{"type", type},
          {"status", status},
          {"reason", reason},
          {"message", "told by a test"},
          {"observedGeneration", 1},
          {"lastTransitionTime", "2026-03-02T08:55:00Z"}};
}

json recommendation(const std::string& name, const json& action,
                    const std::string& priority = "High") {
  return {
      {"apiVersion", "berth.dev/v1alpha1"},
      {"kind", "ScalingRecommendation"},
      {"metadata", {{"namespace", "research"}, {"name", name}, {"generation", 1}}},
      {"spec",
       {{"targetRef", {{"kind", "Deployment"}, {"name", "web"}}},
        {"kind", "ScaleOut"},
        {"priority", priority},
        {"confidencePercent", 87},
        {"expectedImprovement", {{"what", "p90-utilization-percent"}, {"from", 92}, {"to", 65}}},
        {"evidence", {{"metric", "cpu"}, {"model", "holt-winters"}}},
        {"action", action},
        {"expiresAt", "2026-03-02T09:30:00Z"}}},
      {"status", {{"conditions", {condition("Valid", "True", "HighUtilization")}}}}};
}

const json kScale{
    {"subresource", "Scale"}, {"patchType", "Merge"}, {"patch", R"({"spec":{"replicas":6}})"}};

RecommendationPtr read(const json& object) {
  auto decoded = api::decode<api::ScalingRecommendation>(object);
  REQUIRE(decoded);
  return std::make_shared<const api::ScalingRecommendation>(std::move(*decoded));
}

std::vector<RecommendationPtr> several() {
  json ended = recommendation("ended", kScale);
  ended["status"]["conditions"] = {condition("Valid", "False", "Superseded")};
  json applied = recommendation("applied", kScale);
  applied["status"]["conditions"].push_back(condition("Applied", "True", "Applied"));
  applied["status"]["outcome"] = {{"result", "Improved"}, {"measuredAt", "2026-03-02T08:58:00Z"}};
  json expired = recommendation("expired", kScale);
  expired["spec"]["expiresAt"] = "2026-03-02T08:59:00Z";
  return {read(recommendation("b-low", kScale, "Low")),
          read(ended),
          read(applied),
          read(expired),
          read(recommendation("z-urgent", kScale, "Critical")),
          read(recommendation("a", kScale))};
}

struct AdviceWorld : OperatingWorld {
  AdviceWorld() {
    admin.create({{"apiVersion", "apps/v1"},
                  {"kind", "Deployment"},
                  {"metadata", {{"namespace", "research"}, {"name", "web"}}},
                  {"spec", {{"replicas", 4}}}});
  }
  void advise(const json& action) {
    json object = recommendation("grow", action);
    const json status = object["status"];
    object.erase("status");
    admin.create(object);
    admin.patch("ScalingRecommendation", {"research", "grow"}, {{"status", status}}, "status");
  }
  Answer apply(bool dry_run = false) {
    return ask(Command::Recommendations, [&](CliOptions& options) {
      options.recommendations.verb = "apply";
      options.recommendations.name = "research/grow";
      options.recommendations.dry_run = dry_run;
    });
  }
  int replicas() { return admin.get("Deployment", kWeb)["spec"]["replicas"]; }
};

} // namespace

TEST_CASE("Recommendations that stand are listed, the most urgent first") {
  const auto view = decide_recommendations(several(), false, kSceneTime);
  check_golden("recommendations.txt", render_recommendations(view, false, Paint{}));
  const auto all = decide_recommendations(several(), true, kSceneTime);
  check_golden("recommendations-wide.txt", render_recommendations(all, true, Paint{}));
  check_golden("recommendations.json", json_document(recommendations_json(view)));
}

TEST_CASE("The order in which recommendations arrive changes nothing") {
  auto turned = several();
  std::ranges::reverse(turned);
  CHECK(recommendations_json(decide_recommendations(turned, true, kSceneTime)) ==
        recommendations_json(decide_recommendations(several(), true, kSceneTime)));
}

TEST_CASE("Where nothing is recommended that is said") {
  CHECK(render_recommendations({}, false, Paint{}) == "nothing is recommended\n");
}

TEST_CASE("What ended, expired or was applied is not applied again") {
  for (const auto& recommendation : several()) {
    INFO(recommendation->meta.name);
    const bool stands = recommendation->meta.name != "ended" &&
                        recommendation->meta.name != "applied" &&
                        recommendation->meta.name != "expired";
    CHECK(may_be_applied(*recommendation, kSceneTime).has_value() == stands);
  }
}

TEST_CASE("Apply sends the patch to the subresource that it is for") {
  AdviceWorld world;
  world.advise(kScale);
  const Answer answer = world.apply();
  CHECK(answer.err.empty());
  CHECK(answer.exit_code == 0);
  check_golden("recommendations-apply.txt", answer.out);
  CHECK(world.replicas() == 6);
}

TEST_CASE("A JSON patch is applied as it is, behind tests") {
  AdviceWorld world;
  world.advise({{"patchType", "JSON"},
                {"patch", R"([{"op": "replace", "path": "/spec/replicas", "value": 5}])"}});
  CHECK(world.apply().exit_code == 0);
  CHECK(world.replicas() == 5);
}

TEST_CASE("A dry run of a recommendation changes nothing") {
  AdviceWorld world;
  world.advise({{"patchType", "Merge"}, {"patch", R"({"spec":{"replicas":6}})"}});
  const Answer answer = world.apply(true);
  CHECK(answer.exit_code == 0);
  CHECK(answer.out.find("would be applied (dry run)") != std::string::npos);
  CHECK(world.replicas() == 4);
}

TEST_CASE("A target whose status alone moved meanwhile is patched all the same") {
  for (const char* type : {"Merge", "JSON"}) {
    AdviceWorld world;
    world.advise({{"patchType", type},
                  {"patch", type == std::string("JSON")
                                ? R"([{"op": "replace", "path": "/spec/replicas", "value": 6}])"
                                : R"({"spec":{"replicas":6}})"}});
    world.before_the_first_patch([&] {
      world.admin.patch("Deployment", kWeb, {{"status", {{"readyReplicas", 3}}}}, "status");
    });
    CHECK(world.apply().exit_code == 0);
    CHECK(world.replicas() == 6);
  }
}

TEST_CASE("A target that somebody changes meanwhile is left alone, and named") {
  AdviceWorld world;
  world.advise({{"patchType", "Merge"}, {"patch", R"({"spec":{"replicas":6}})"}});
  world.before_the_first_patch(
      [&] { world.admin.patch("Deployment", kWeb, {{"spec", {{"replicas", 9}}}}); });
  const Answer answer = world.apply();
  CHECK(answer.exit_code == program::kExitFailure);
  CHECK(answer.err.find("Deployment research/web was changed meanwhile") != std::string::npos);
  CHECK(world.replicas() == 9);
}

TEST_CASE("A recommendation or a target that does not exist is exit code 3") {
  AdviceWorld world;
  const Answer missing = world.apply();
  CHECK(missing.exit_code == kExitNotFound);
  CHECK(missing.err.find("there is no ScalingRecommendation research/grow") != std::string::npos);
  world.advise(kScale);
  world.admin.remove("Deployment", kWeb);
  CHECK(world.apply().exit_code == kExitNotFound);
}

TEST_CASE("A patch that is none is refused before anything is sent") {
  const api::ObjectMeta seen;
  for (const auto& [type, text] :
       {std::pair{api::ActionPatchType::Merge, "[]"}, std::pair{api::ActionPatchType::Merge, "{"},
        std::pair{api::ActionPatchType::JSON, "{}"}, std::pair{api::ActionPatchType::JSON, ""}}) {
    api::RecommendedAction action;
    action.patch_type = type;
    action.patch = text;
    CHECK_FALSE(guarded_patch(action, seen));
  }
}

namespace {

/// Two pods of the namespace that a recommendation evicts.
struct EvictionWorld : AdviceWorld {
  EvictionWorld() {
    std::vector<api::Eviction> evictions;
    for (const char* name : {"web-0", "web-1"}) {
      const auto pod = admin.create(simulation::make_pod("research", name).label("app", "web"));
      admin.patch("Pod", {"research", name}, {{"status", {{"phase", "Running"}}}}, "status");
      evictions.push_back({{"research", name}, pod.at("metadata").at("uid")});
    }
    advise({{"subresource", "Eviction"}, {"patch", api::evict(evictions).patch}});
  }
  /// Those that are not being deleted.
  [[nodiscard]] std::size_t pods() {
    auto all = admin.list("Pod", "research");
    std::erase_if(all,
                  [](const json& pod) { return pod.at("metadata").contains("deletionTimestamp"); });
    return all.size();
  }
};

} // namespace

TEST_CASE("Apply of a recommendation that moves pods evicts those very pods") {
  EvictionWorld world;
  CHECK(world.apply(true).exit_code == 0);
  CHECK(world.pods() == 2); // a dry run
  const Answer answer = world.apply();
  CHECK(answer.err.empty());
  CHECK(answer.exit_code == 0);
  CHECK(world.pods() == 0);
}

TEST_CASE("Another pod of the same name stays, and one that is gone already is no failure") {
  EvictionWorld world;
  world.admin.remove("Pod", {"research", "web-0"}, 0);
  world.admin.create(simulation::make_pod("research", "web-0"));
  world.admin.remove("Pod", {"research", "web-1"}, 0);
  CHECK(world.apply().exit_code == 0);
  CHECK(world.pods() == 1);
}

TEST_CASE("What a disruption budget forbids stops all evictions before the first") {
  EvictionWorld world;
  world.admin.create(simulation::make_budget("research", "keep", "app", "web", 2));
  const Answer answer = world.apply();
  CHECK(answer.exit_code == kExitNotPermitted);
  CHECK(answer.err.find("evict pod research/web-0") != std::string::npos);
  CHECK(world.pods() == 2);
}

TEST_CASE("Evictions that cannot be read are refused before anything is sent") {
  AdviceWorld world;
  world.advise({{"subresource", "Eviction"}, {"patch", R"({"items": [{}]})"}});
  const Answer answer = world.apply();
  CHECK(answer.exit_code == program::kExitFailure);
  CHECK(answer.err.find("is no list of evictions") != std::string::npos);
}
