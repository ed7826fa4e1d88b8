// Patches and their preconditions: how Berth admits, annotates and takes back (law 6).

#include <catch2/catch.hpp>

#include "tests/contract/api_under_test.hpp"

using namespace berth::contract;

namespace {

constexpr const char* kOtherUid = "00000000-0000-4000-8000-000000000000";

Json annotated(const std::string& value) {
  return {{"metadata", {{"annotations", {{"contract.berth.dev/note", value}}}}}};
}

} // namespace

TEST_CASE_METHOD(ApiUnderTest, "a merge patch sets, replaces and with null removes") {
  REQUIRE(post(core("configmaps"), config_map("a")).status == 201);
  const Answer patched =
      merge_patch(core("configmaps", "a"), {{"data", {{"key", nullptr}, {"more", "1"}}}});
  CHECK(patched.status == 200);
  CHECK(at(patched.body, "/data") == Json{{"more", "1"}});
}

TEST_CASE_METHOD(ApiUnderTest,
                 "a patch with a stale resourceVersion is refused with Conflict (I7)") {
  const Answer created = post(core("pods"), pod("a"));
  REQUIRE(merge_patch(core("pods", "a"), annotated("first")).status == 200);
  for (const auto* type :
       {"application/merge-patch+json", "application/strategic-merge-patch+json"}) {
    Json patch = annotated("second");
    patch["metadata"]["resourceVersion"] = created.version();
    const Answer stale = request("PATCH", core("pods", "a"), patch, type);
    CHECK(stale.status == 409);
    CHECK(stale.reason() == "Conflict");
  }
  Json fresh = annotated("third");
  fresh["metadata"]["resourceVersion"] = get(core("pods", "a")).version();
  CHECK(merge_patch(core("pods", "a"), fresh).status == 200);
}

TEST_CASE_METHOD(ApiUnderTest, "a patch with another uid is refused with Invalid, not Conflict") {
  REQUIRE(post(core("pods"), pod("a")).status == 201);
  Json patch = annotated("x");
  patch["metadata"]["uid"] = kOtherUid;
  for (const auto* type :
       {"application/merge-patch+json", "application/strategic-merge-patch+json"}) {
    const Answer refused = request("PATCH", core("pods", "a"), patch, type);
    CHECK(refused.status == 422);
    CHECK(refused.reason() == "Invalid");
    CHECK(text_at(refused.body, "/details/causes/0/field") == "metadata.uid");
  }
  CHECK(at(get(core("pods", "a")).body, "/metadata/annotations").is_null());
}

TEST_CASE_METHOD(ApiUnderTest, "a JSON patch whose test fails is refused with 422 and no effect") {
  const Answer created = post(core("configmaps"), config_map("a"));
  const Json patch =
      Json::array({{{"op", "test"}, {"path", "/metadata/uid"}, {"value", kOtherUid}},
                   {{"op", "replace"}, {"path", "/data/key"}, {"value", "changed"}}});
  const Answer refused = json_patch(core("configmaps", "a"), patch);
  CHECK(refused.status == 422);
  CHECK(refused.reason() == "Invalid");
  CHECK(text_at(refused.body, "/message") ==
        "the server rejected our request due to an error in our request");
  Json right = patch;
  right[0]["value"] = created.uid();
  const Answer done = json_patch(core("configmaps", "a"), right);
  CHECK(done.status == 200);
  CHECK(text_at(done.body, "/data/key") == "changed");
}

TEST_CASE_METHOD(ApiUnderTest, "a JSON patch of what is not there is refused with 422") {
  REQUIRE(post(core("configmaps"), config_map("a")).status == 201);
  const Json patch = Json::array({{{"op", "remove"}, {"path", "/data/none"}}});
  CHECK(json_patch(core("configmaps", "a"), patch).status == 422);
  CHECK(json_patch(core("configmaps", "a"), Json::object()).status == 400);
}

TEST_CASE_METHOD(ApiUnderTest, "a strategic merge patch matches list items by their keys") {
  Json object = gated_pod("a");
  object["spec"]["schedulingGates"].push_back({{"name", "contract.berth.dev/other"}});
  REQUIRE(post(core("pods"), object).status == 201);
  Json patch = annotated("admitted");
  patch["spec"]["schedulingGates"] =
      Json::array({{{"name", "contract.berth.dev/gate"}, {"$patch", "delete"}}});
  const Answer patched = strategic_patch(core("pods", "a"), patch);
  CHECK(patched.status == 200);
  CHECK(at(patched.body, "/spec/schedulingGates") ==
        Json::array({{{"name", "contract.berth.dev/other"}}}));
  const Answer image = strategic_patch(
      core("pods", "a"),
      {{"spec", {{"containers", Json::array({{{"name", "main"}, {"image", "other:1"}}})}}}});
  CHECK(image.status == 200);
  CHECK(at(image.body, "/spec/containers").size() == 1);
  CHECK(text_at(image.body, "/spec/containers/0/image") == "other:1");
}

TEST_CASE_METHOD(ApiUnderTest, "an unknown patch form is refused with 415") {
  REQUIRE(post(core("configmaps"), config_map("a")).status == 201);
  const Answer refused = request("PATCH", core("configmaps", "a"), Json::object());
  CHECK(refused.status == 415);
  CHECK(refused.reason() == "UnsupportedMediaType");
}

TEST_CASE_METHOD(ApiUnderTest, "a patch of what does not exist answers 404") {
  CHECK(merge_patch(core("pods", "none"), annotated("x")).status == 404);
  CHECK(strategic_patch(core("pods", "none"), annotated("x")).status == 404);
  CHECK(json_patch(core("pods", "none"), Json::array()).status == 404);
}
