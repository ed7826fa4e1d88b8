// Evictions (policy/v1): budgets are kept, and a refusal says when and why.

#include <catch2/catch.hpp>

#include "tests/contract/api_under_test.hpp"

using namespace berth::contract;

namespace {

constexpr const char* kBudgets = "policy/v1";
constexpr const char* kOtherUid = "00000000-0000-4000-8000-000000000000";

Json eviction(const std::string& pod, const Json& options = nullptr) {
  Json object = {{"kind", "Eviction"}, {"apiVersion", "policy/v1"}, {"metadata", {{"name", pod}}}};
  if (!options.is_null())
    object["deleteOptions"] = options;
  return object;
}

struct Evictions : ApiUnderTest {
  /// A bound, running and ready pod with the label app=x.
  Answer run_pod(const std::string& name) {
    Json object = pod(name);
    object["metadata"]["labels"] = {{"app", "x"}};
    REQUIRE(post(core("pods"), object).status == 201);
    REQUIRE(post(core("pods", name) + "/binding", binding(name)).status == 201);
    const Json ready = {{"type", "Ready"}, {"status", "True"}};
    return strategic_patch(
        core("pods", name) + "/status",
        {{"status", {{"phase", "Running"}, {"conditions", Json::array({ready})}}}});
  }

  /// A budget whose status allows so many disruptions, as its controller would have found.
  void make_budget(const std::string& name, int allowed) {
    const Json budget = {
        {"kind", "PodDisruptionBudget"},
        {"apiVersion", kBudgets},
        {"metadata", {{"name", name}}},
        {"spec", {{"minAvailable", 2 - allowed}, {"selector", {{"matchLabels", {{"app", "x"}}}}}}}};
    REQUIRE(post(group(kBudgets, "poddisruptionbudgets"), budget).status == 201);
    const Json status = {{"observedGeneration", 1},
                         {"disruptionsAllowed", allowed},
                         {"currentHealthy", 2},
                         {"desiredHealthy", 2 - allowed},
                         {"expectedPods", 2}};
    const std::string path = group(kBudgets, "poddisruptionbudgets", name);
    // A controller that is there counts for itself and comes to the same.
    wait_until([&] {
      (void)merge_patch(path + "/status", {{"status", status}});
      return integer_at(get(path).body, "/status/observedGeneration") == 1 &&
             integer_at(get(path).body, "/status/disruptionsAllowed", -1) == allowed;
    });
  }

  Answer evict(const std::string& name, const Json& options = nullptr) {
    return post(core("pods", name) + "/eviction", eviction(name, options));
  }
};

} // namespace

TEST_CASE_METHOD(Evictions, "an eviction without budgets deletes with grace and says why") {
  REQUIRE(run_pod("a").status == 200);
  const Answer evicted = evict("a");
  CHECK(evicted.status == 201);
  CHECK(text_at(evicted.body, "/status") == "Success");
  const Answer going = get(core("pods", "a"));
  REQUIRE(going.status == 200);
  CHECK_FALSE(at(going.body, "/metadata/deletionTimestamp").is_null());
  bool explained = false;
  for (const auto& condition : at(going.body, "/status/conditions"))
    explained = explained || (text_at(condition, "/type") == "DisruptionTarget" &&
                              text_at(condition, "/reason") == "EvictionByEvictionAPI");
  CHECK(explained);
}

TEST_CASE_METHOD(
    Evictions,
    "a pod that its budget protects stays, and the answer is 429 with the budget's cause") {
  REQUIRE(run_pod("a").status == 200);
  REQUIRE(run_pod("b").status == 200);
  make_budget("keep-two", 0);
  const Answer refused = evict("a");
  CHECK(refused.status == 429);
  CHECK(refused.reason() == "TooManyRequests");
  CHECK(text_at(refused.body, "/message") ==
        "Cannot evict pod as it would violate the pod's disruption budget.");
  CHECK(text_at(refused.body, "/details/causes/0/reason") == "DisruptionBudget");
  CHECK(at(get(core("pods", "a")).body, "/metadata/deletionTimestamp").is_null());
}

TEST_CASE_METHOD(Evictions, "a budget of one disruption lets one pod go and keeps the next") {
  REQUIRE(run_pod("a").status == 200);
  REQUIRE(run_pod("b").status == 200);
  make_budget("keep-one", 1);
  CHECK(evict("a").status == 201);
  CHECK(evict("b").status == 429);
  CHECK(at(get(core("pods", "b")).body, "/metadata/deletionTimestamp").is_null());
}

TEST_CASE_METHOD(Evictions, "two budgets over one pod cannot be kept, and the server says so") {
  REQUIRE(run_pod("a").status == 200);
  REQUIRE(run_pod("b").status == 200);
  make_budget("one", 1);
  make_budget("two", 1);
  CHECK(evict("a").status == 500);
  CHECK(get(core("pods", "a")).status == 200);
}

TEST_CASE_METHOD(Evictions, "an eviction for another uid is refused with Conflict (F5)") {
  const Answer running = run_pod("a");
  const Answer refused = evict("a", {{"preconditions", {{"uid", kOtherUid}}}});
  CHECK(refused.status == 409);
  CHECK(refused.reason() == "Conflict");
  CHECK(at(get(core("pods", "a")).body, "/metadata/deletionTimestamp").is_null());
  CHECK(
      evict("a", {{"preconditions", {{"uid", running.uid()}}}, {"gracePeriodSeconds", 3}}).status ==
      201);
  CHECK(integer_at(get(core("pods", "a")).body, "/metadata/deletionGracePeriodSeconds") == 3);
}

TEST_CASE_METHOD(Evictions, "a pending pod goes at once, and a missing one is not found") {
  REQUIRE(post(core("pods"), gated_pod("a")).status == 201);
  make_budget("keep-two", 0);
  CHECK(evict("a").status == 201);
  CHECK(get(core("pods", "a")).status == 404);
  CHECK(evict("a").status == 404);
}
