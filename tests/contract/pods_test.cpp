// Pods: what a new pod looks like, scheduling gates (KEP-3521, KEP-3838), and binding.

#include <catch2/catch.hpp>

#include "tests/contract/api_under_test.hpp"

using namespace berth::contract;

namespace {

constexpr const char* kOtherUid = "00000000-0000-4000-8000-000000000000";

Json without_gates() {
  return {{"spec", {{"schedulingGates", nullptr}}}};
}

/// Required node affinity of one term that names one node.
Json pinned_to(const std::string& node) {
  const Json field = {{"key", "metadata.name"}, {"operator", "In"}, {"values", {node}}};
  const Json term = {{"matchFields", Json::array({field})}};
  return {{"nodeAffinity",
           {{"requiredDuringSchedulingIgnoredDuringExecution",
             {{"nodeSelectorTerms", Json::array({term})}}}}}};
}

Json condition(const Json& pod, const std::string& type) {
  for (const auto& one : at(pod, "/status/conditions"))
    if (text_at(one, "/type") == type)
      return one;
  return nullptr;
}

} // namespace

TEST_CASE_METHOD(ApiUnderTest, "a new pod is pending, defaulted, and its status is the server's") {
  Json object = pod("a");
  object["status"] = {{"phase", "Running"}, {"nominatedNodeName", "n"}};
  object["spec"]["containers"][0]["resources"]["limits"]["cpu"] = "1";
  const Answer created = post(core("pods"), object);
  REQUIRE(created.status == 201);
  CHECK(text_at(created.body, "/status/phase") == "Pending");
  CHECK(text_at(created.body, "/status/nominatedNodeName").empty());
  CHECK(text_at(created.body, "/status/qosClass") == "Burstable");
  CHECK(text_at(created.body, "/spec/restartPolicy") == "Always");
  CHECK(text_at(created.body, "/spec/containers/0/resources/requests/cpu") == "1");
  CHECK(integer_at(created.body, "/spec/terminationGracePeriodSeconds") == 30);
  CHECK(integer_at(created.body, "/spec/priority", -1) == 0);
  CHECK(text_at(created.body, "/spec/preemptionPolicy") == "PreemptLowerPriority");
  CHECK(integer_at(created.body, "/metadata/generation") == 1);
}

TEST_CASE_METHOD(ApiUnderTest,
                 "a pod's priority comes from its class, and an unknown class is refused") {
  Json object = pod("a");
  object["spec"]["priorityClassName"] = "no-such-class";
  const Answer refused = post(core("pods"), object);
  CHECK(refused.status == 403);
  CHECK(refused.reason() == "Forbidden");
  Json other = pod("b");
  other["spec"]["priority"] = 7;
  CHECK(post(core("pods"), other).status == 403);
}

TEST_CASE_METHOD(ApiUnderTest, "a gated pod says so in its status from the start") {
  const Answer created = post(core("pods"), gated_pod("a"));
  REQUIRE(created.status == 201);
  const Json scheduled = condition(created.body, "PodScheduled");
  CHECK(text_at(scheduled, "/status") == "False");
  CHECK(text_at(scheduled, "/reason") == "SchedulingGated");
}

TEST_CASE_METHOD(ApiUnderTest,
                 "a gate is removed by a merge patch with the right resourceVersion") {
  const Answer created = post(core("pods"), gated_pod("a"));
  REQUIRE(merge_patch(core("pods", "a"), {{"metadata", {{"labels", {{"x", "y"}}}}}}).status == 200);
  Json patch = without_gates();
  patch["metadata"]["resourceVersion"] = created.version();
  const Answer stale = merge_patch(core("pods", "a"), patch);
  CHECK(stale.status == 409);
  CHECK(at(get(core("pods", "a")).body, "/spec/schedulingGates").size() == 1);
  patch["metadata"]["resourceVersion"] = get(core("pods", "a")).version();
  const Answer admitted = merge_patch(core("pods", "a"), patch);
  CHECK(admitted.status == 200);
  CHECK(at(admitted.body, "/spec/schedulingGates").is_null());
  CHECK(integer_at(admitted.body, "/metadata/generation") == 2);
}

TEST_CASE_METHOD(ApiUnderTest, "a JSON patch removes exactly the gate that it tested") {
  REQUIRE(post(core("pods"), gated_pod("a")).status == 201);
  const Json patch = Json::array({{{"op", "test"},
                                   {"path", "/spec/schedulingGates/0/name"},
                                   {"value", "contract.berth.dev/gate"}},
                                  {{"op", "remove"}, {"path", "/spec/schedulingGates/0"}}});
  const Answer admitted = json_patch(core("pods", "a"), patch);
  CHECK(admitted.status == 200);
  CHECK(at(admitted.body, "/spec/schedulingGates").is_null());
  CHECK(json_patch(core("pods", "a"), patch).status == 422);
}

TEST_CASE_METHOD(ApiUnderTest, "no gate can be added to a pod that exists") {
  REQUIRE(post(core("pods"), pod("free")).status == 201);
  REQUIRE(post(core("pods"), gated_pod("gated")).status == 201);
  const Json added = {
      {"spec", {{"schedulingGates", Json::array({{{"name", "contract.berth.dev/new"}}})}}}};
  for (const auto* name : {"free", "gated"}) {
    const Answer refused = merge_patch(core("pods", name), added);
    CHECK(refused.status == 422);
    CHECK(refused.reason() == "Invalid");
    CHECK(text_at(refused.body, "/details/causes/0/field") == "spec.schedulingGates[0].name");
    CHECK(text_at(refused.body, "/details/causes/0/reason") == "FieldValueForbidden");
  }
}

TEST_CASE_METHOD(ApiUnderTest, "a gated pod may not name a node, nor a gate twice") {
  Json placed = gated_pod("a");
  placed["spec"]["nodeName"] = node();
  const Answer refused = post(core("pods"), placed);
  CHECK(refused.status == 422);
  CHECK(text_at(refused.body, "/details/causes/0/field") == "spec.nodeName");
  Json twice = gated_pod("b");
  twice["spec"]["schedulingGates"].push_back({{"name", "contract.berth.dev/gate"}});
  const Answer doubled = post(core("pods"), twice);
  CHECK(doubled.status == 422);
  CHECK(text_at(doubled.body, "/details/causes/0/reason") == "FieldValueDuplicate");
}

TEST_CASE_METHOD(ApiUnderTest,
                 "node affinity is tightened in the patch that removes the gate (KEP-3838)") {
  REQUIRE(post(core("pods"), gated_pod("a")).status == 201);
  Json patch = without_gates();
  patch["spec"]["affinity"] = pinned_to("n1");
  patch["spec"]["nodeSelector"] = {{"zone", "z1"}};
  const Answer admitted = merge_patch(core("pods", "a"), patch);
  CHECK(admitted.status == 200);
  CHECK(at(admitted.body, "/spec/affinity") == pinned_to("n1"));
  const Answer late = merge_patch(core("pods", "a"), {{"spec", {{"affinity", pinned_to("n2")}}}});
  CHECK(late.status == 422);
  CHECK(text_at(late.body, "/details/causes/0/field") == "spec");
  CHECK(text_at(late.body, "/details/causes/0/reason") == "FieldValueForbidden");
}

TEST_CASE_METHOD(ApiUnderTest,
                 "while gated, existing terms keep their number and only gain requirements") {
  Json object = gated_pod("a");
  const Json zone = {{"key", "zone"}, {"operator", "In"}, {"values", {"z1"}}};
  const Json disk = {{"key", "disk"}, {"operator", "Exists"}};
  object["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        ["nodeSelectorTerms"] = Json::array({{{"matchExpressions", Json::array({zone})}}});
  object["spec"]["nodeSelector"] = {{"arch", "amd64"}};
  REQUIRE(post(core("pods"), object).status == 201);
  const auto with_terms = [](Json terms) {
    Json patch;
    patch["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
         ["nodeSelectorTerms"] = std::move(terms);
    return patch;
  };
  const Json old_term = {{"matchExpressions", Json::array({zone})}};
  const Json tighter = {{"matchExpressions", Json::array({zone, disk})}};
  const Json pinned = {
      {"matchExpressions", Json::array({zone, disk})},
      {"matchFields",
       Json::array({{{"key", "metadata.name"}, {"operator", "In"}, {"values", {"n1"}}}})}};
  const Json looser = {{"matchExpressions", Json::array({disk})}};
  const auto patched = [&](const Json& patch) {
    return merge_patch(core("pods", "a"), patch).status;
  };
  CHECK(patched(with_terms(Json::array({old_term, tighter}))) == 422);
  CHECK(patched(with_terms(Json::array({looser}))) == 422);
  CHECK(patched({{"spec", {{"nodeSelector", {{"arch", "arm64"}}}}}}) == 422);
  CHECK(patched({{"spec", {{"nodeSelector", nullptr}}}}) == 422);
  CHECK(patched(with_terms(Json::array({tighter}))) == 200);
  CHECK(patched(with_terms(Json::array({pinned}))) == 200);
  CHECK(patched({{"spec", {{"nodeSelector", {{"zone", "z1"}}}}}}) == 200);
}

TEST_CASE_METHOD(ApiUnderTest, "a field requirement names exactly one node") {
  Json object = gated_pod("a");
  object["spec"]["affinity"] = pinned_to("n1");
  object["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        ["nodeSelectorTerms"][0]["matchFields"][0]["values"] = {"n1", "n2"};
  CHECK(post(core("pods"), object).status == 422);
}

TEST_CASE_METHOD(ApiUnderTest, "most of a pod's spec cannot be changed") {
  REQUIRE(post(core("pods"), pod("a")).status == 201);
  const auto patched = [&](const Json& spec) {
    return merge_patch(core("pods", "a"), {{"spec", spec}}).status;
  };
  CHECK(patched({{"nodeName", node()}}) == 422);
  CHECK(patched({{"nodeSelector", {{"a", "b"}}}}) == 422);
  CHECK(patched({{"priority", 5}}) == 422);
  CHECK(patched({{"schedulerName", "other"}}) == 422);
  CHECK(patched({{"activeDeadlineSeconds", 60}}) == 200);
}

TEST_CASE_METHOD(ApiUnderTest, "a binding places a pod once") {
  const Answer created = post(core("pods"), pod("a"));
  const Answer bound = post(core("pods", "a") + "/binding", binding("a", created.uid()));
  CHECK(bound.status == 201);
  CHECK(text_at(bound.body, "/kind") == "Status");
  CHECK(text_at(bound.body, "/status") == "Success");
  const Answer placed = get(core("pods", "a"));
  CHECK(text_at(placed.body, "/spec/nodeName") == node());
  CHECK(text_at(condition(placed.body, "PodScheduled"), "/status") == "True");
  const Answer again = post(core("pods", "a") + "/binding", binding("a", created.uid()));
  CHECK(again.status == 409);
  CHECK(again.reason() == "Conflict");
  CHECK(text_at(again.body, "/message").find("is already assigned to node \"" + node() + "\"") !=
        std::string::npos);
}

TEST_CASE_METHOD(ApiUnderTest, "a gated, a missing and another pod cannot be bound") {
  REQUIRE(post(core("pods"), gated_pod("gated")).status == 201);
  REQUIRE(post(core("pods"), pod("a")).status == 201);
  const Answer gated = post(core("pods", "gated") + "/binding", binding("gated"));
  CHECK(gated.status == 409);
  CHECK(gated.reason() == "Conflict");
  CHECK(text_at(gated.body, "/message").find("non-empty .spec.schedulingGates") !=
        std::string::npos);
  const Answer other = post(core("pods", "a") + "/binding", binding("a", kOtherUid));
  CHECK(other.status == 409);
  CHECK(other.reason() == "Conflict");
  CHECK(post(core("pods", "none") + "/binding", binding("none")).status == 404);
  CHECK(text_at(get(core("pods", "a")).body, "/spec/nodeName").empty());
}

TEST_CASE_METHOD(ApiUnderTest, "a binding's annotations become the pod's") {
  REQUIRE(post(core("pods"), pod("a")).status == 201);
  Json object = binding("a");
  object["metadata"]["annotations"] = {{"contract.berth.dev/note", "bound"}};
  REQUIRE(post(core("pods", "a") + "/binding", object).status == 201);
  const Answer bound = get(core("pods", "a"));
  CHECK(at(bound.body, "/metadata/annotations") == Json{{"contract.berth.dev/note", "bound"}});
}

TEST_CASE_METHOD(ApiUnderTest, "pod status is written through its subresource only") {
  REQUIRE(post(core("pods"), pod("a")).status == 201);
  const Json patch = {{"status", {{"nominatedNodeName", "n1"}}}};
  const Answer ignored = merge_patch(core("pods", "a"), patch);
  CHECK(text_at(ignored.body, "/status/nominatedNodeName").empty());
  const Answer written = merge_patch(core("pods", "a") + "/status", patch);
  CHECK(written.status == 200);
  CHECK(text_at(written.body, "/status/nominatedNodeName") == "n1");
  CHECK(integer_at(written.body, "/metadata/generation") == 1);
}
