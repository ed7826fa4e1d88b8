#include "scheduler-extender/gate.hpp"

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "lib/async/simulated_executor.hpp"
#include "lib/kube/base64.hpp"
#include "tests/support/simulation/await.hpp"

namespace {

using namespace berth;
using namespace berth::extender;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

/// The review of a pod that jane creates.
Json review_of(Json spec) {
  Json review = Json::parse(R"({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
      "request": {"uid": "u-1", "operation": "CREATE", "namespace": "team-a",
                  "resource": {"group": "", "version": "v1", "resource": "pods"},
                  "userInfo": {"username": "jane"},
                  "object": {"metadata": {"name": "p"}}}})");
  review["request"]["object"]["spec"] = std::move(spec);
  return review;
}

/// The patch for it; null if there is none.
Json patch_for(const Json& review, const GateOptions& options = {}) {
  const auto read = decode_review(review.dump());
  REQUIRE(read);
  const std::string patch = gate_patch(*read, options);
  return patch.empty() ? Json() : Json::parse(patch);
}

std::string fault_of(const Json& review) {
  const auto read = decode_review(review.dump());
  REQUIRE_FALSE(read);
  return read.error().message;
}

const Json kGate = {{"name", "berth.dev/admission"}};

} // namespace

TEST_CASE("a pod without gates gets a list, one with gates keeps its own") {
  const Json first = patch_for(review_of(Json::object()));
  CHECK(first ==
        Json::array(
            {{{"op", "add"}, {"path", "/spec/schedulingGates"}, {"value", Json::array({kGate})}}}));
  const Json other = {{"name", "example.com/warm-up"}};
  const Json second = patch_for(review_of({{"schedulingGates", Json::array({other})}}));
  CHECK(second ==
        Json::array({{{"op", "add"}, {"path", "/spec/schedulingGates/-"}, {"value", kGate}}}));
}

TEST_CASE("a pod that is gated already is left as it is, however often it is reviewed") {
  CHECK(patch_for(review_of({{"schedulingGates", Json::array({kGate})}})).is_null());
}

TEST_CASE(
    "what cannot wait is left alone: a pod with a node, and a DaemonSet's of its controller") {
  CHECK(patch_for(review_of({{"nodeName", "n1"}})).is_null());
  Json daemon = review_of(Json::object());
  daemon["request"]["object"]["metadata"]["ownerReferences"] =
      Json::array({{{"kind", "DaemonSet"}, {"controller", true}}});
  CHECK_FALSE(patch_for(daemon).is_null()); // whoever creates pods may claim an owner
  daemon["request"]["userInfo"]["username"] =
      "system:serviceaccount:kube-system:daemon-set-controller";
  CHECK(patch_for(daemon).is_null());
}

TEST_CASE("nothing but the creation of a pod is patched") {
  Json update = review_of(Json::object());
  update["request"]["operation"] = "UPDATE";
  CHECK(patch_for(update).is_null());
  Json binding = review_of(Json::object());
  binding["request"]["subResource"] = "binding";
  CHECK(patch_for(binding).is_null());
  Json other = review_of(Json::object());
  other["request"]["resource"]["resource"] = "services";
  CHECK(patch_for(other).is_null());
}

TEST_CASE("a pod that names no scheduler gets Berth's where there is one") {
  const GateOptions options{"berth"};
  const Json named = patch_for(review_of({{"schedulerName", "default-scheduler"}}), options);
  REQUIRE(named.size() == 2);
  CHECK(named[1]["path"] == "/spec/schedulerName");
  CHECK(named[1]["value"] == "berth");
  CHECK(patch_for(review_of({{"schedulerName", "batch"}}), options).size() == 1);
  CHECK(patch_for(review_of({{"schedulerName", "default-scheduler"}})).size() == 1);
}

TEST_CASE("what is no review is refused with the field that is wrong") {
  CHECK_THAT(fault_of(Json::array()), Contains("AdmissionReview"));
  CHECK_THAT(fault_of({{"apiVersion", "admission.k8s.io/v1"}, {"kind", "AdmissionReview"}}),
             Contains("request: must be an object"));
  Json nameless = review_of(Json::object());
  nameless["request"]["uid"] = "";
  CHECK_THAT(fault_of(nameless), Contains("request.uid"));
  Json spoilt = review_of({{"schedulingGates", "all"}});
  CHECK_THAT(fault_of(spoilt), Contains("request.object.spec.schedulingGates: must be a list"));
  CHECK(decode_review(std::string(kGateBodyBytesMax + 1, ' ')).error().code == Code::TooLarge);
  CHECK_FALSE(decode_review(std::string(100, '[') + std::string(100, ']')));
}

TEST_CASE("the webhook answers with the patch of the review that it was sent, and counts") {
  async::SimulatedExecutor executor{TimePoint{}};
  telemetry::Registry registry;
  telemetry::GateMetrics metrics(registry);
  GateWebhook webhook({}, metrics, telemetry::Logger{});
  const auto ask = [&](const std::string& method, const std::string& path, std::string body) {
    http::Request request;
    request.method = method;
    request.target = path;
    request.body = std::move(body);
    return simulation::await(executor, webhook.handle(std::move(request)));
  };
  const auto gated = ask("POST", "/gate?timeout=2s", review_of(Json::object()).dump());
  CHECK(gated.status == 200);
  const Json response = Json::parse(gated.body)["response"];
  CHECK(response["uid"] == "u-1");
  CHECK(response["allowed"] == true);
  CHECK(response["patchType"] == "JSONPatch");
  const auto patch = kube::decode_base64(response["patch"].get<std::string>());
  REQUIRE(patch);
  CHECK(Json::parse(*patch)[0]["value"][0] == kGate);
  const auto left = ask("POST", "/gate", review_of({{"nodeName", "n1"}}).dump());
  CHECK_FALSE(Json::parse(left.body)["response"].contains("patch"));
  CHECK(ask("POST", "/gate", "{}").status == 400);
  CHECK(ask("GET", "/gate", "").status == 405);
  CHECK(ask("POST", "/", "{}").status == 404);
  using telemetry::GateOutcome;
  for (const auto outcome : {GateOutcome::Gated, GateOutcome::Left, GateOutcome::Invalid})
    CHECK(metrics.reviews(outcome).value() == 1);
}
