// Creating, reading, changing and naming objects of any kind: what every write path relies on.

#include <catch2/catch.hpp>

#include "tests/contract/api_under_test.hpp"

using namespace berth::contract;

namespace {

Json lease(const std::string& name) {
  return {{"kind", "Lease"},
          {"apiVersion", "coordination.k8s.io/v1"},
          {"metadata", {{"name", name}}},
          {"spec", {{"holderIdentity", "a"}, {"leaseDurationSeconds", 15}}}};
}

constexpr const char* kLeases = "coordination.k8s.io/v1";
constexpr const char* kSomeUid = "00000000-0000-4000-8000-000000000000";

} // namespace

TEST_CASE_METHOD(ApiUnderTest, "a created object has uid, resourceVersion and creationTimestamp") {
  const Answer created = post(core("configmaps"), config_map("a"));
  CHECK(created.status == 201);
  CHECK(created.uid().size() == 36);
  CHECK_FALSE(created.version().empty());
  CHECK(text_at(created.body, "/metadata/creationTimestamp").size() == 20);
  CHECK(text_at(created.body, "/metadata/namespace") == ns());
  const Answer read = get(core("configmaps", "a"));
  CHECK(read.status == 200);
  CHECK(read.body == created.body);
}

TEST_CASE_METHOD(ApiUnderTest, "a refusal is a Status with code, reason and what it is about") {
  const Answer missing = get(core("configmaps", "none"));
  CHECK(missing.status == 404);
  CHECK(text_at(missing.body, "/kind") == "Status");
  CHECK(text_at(missing.body, "/apiVersion") == "v1");
  CHECK(text_at(missing.body, "/status") == "Failure");
  CHECK(missing.reason() == "NotFound");
  CHECK(integer_at(missing.body, "/code") == 404);
  CHECK(text_at(missing.body, "/message") == "configmaps \"none\" not found");
  CHECK(at(missing.body, "/details") == Json{{"name", "none"}, {"kind", "configmaps"}});
  CHECK(missing.headers.find("Content-Type") == "application/json");
}

TEST_CASE_METHOD(ApiUnderTest, "a name that is taken is refused with AlreadyExists") {
  REQUIRE(post(core("configmaps"), config_map("a")).status == 201);
  const Answer again = post(core("configmaps"), config_map("a"));
  CHECK(again.status == 409);
  CHECK(again.reason() == "AlreadyExists");
  CHECK(text_at(again.body, "/message") == "configmaps \"a\" already exists");
}

TEST_CASE_METHOD(ApiUnderTest, "generateName is completed by the server, differently each time") {
  Json object = config_map("");
  object["metadata"] = {{"generateName", "made-"}};
  const Answer first = post(core("configmaps"), object);
  const Answer second = post(core("configmaps"), object);
  REQUIRE(first.status == 201);
  REQUIRE(second.status == 201);
  const std::string name = text_at(first.body, "/metadata/name");
  CHECK(name.starts_with("made-"));
  CHECK(name.size() == 10);
  CHECK(name != text_at(second.body, "/metadata/name"));
}

TEST_CASE_METHOD(ApiUnderTest, "a body that cannot be meant is refused before anything is stored") {
  Json nameless = config_map("");
  nameless["metadata"] = Json::object();
  const Answer unnamed = post(core("configmaps"), nameless);
  CHECK(unnamed.status == 422);
  CHECK(unnamed.reason() == "Invalid");
  CHECK(text_at(unnamed.body, "/details/causes/0/field") == "metadata.name");
  CHECK(text_at(unnamed.body, "/details/causes/0/reason") == "FieldValueRequired");

  const Answer misnamed = post(core("configmaps"), config_map("Not_a_Name"));
  CHECK(misnamed.status == 422);
  CHECK(text_at(misnamed.body, "/details/causes/0/reason") == "FieldValueInvalid");

  Json elsewhere = config_map("a");
  elsewhere["metadata"]["namespace"] = "default";
  const Answer astray = post(core("configmaps"), elsewhere);
  CHECK(astray.status == 400);
  CHECK(astray.reason() == "BadRequest");

  Json other_kind = config_map("a");
  other_kind["kind"] = "Secret";
  CHECK(post(core("configmaps"), other_kind).status == 400);
  CHECK(post(core("configmaps"), Json("no object")).status == 400);
}

TEST_CASE_METHOD(ApiUnderTest, "what is not there or not served answers 404") {
  CHECK(post("/api/v1/namespaces/no-such-namespace/configmaps", config_map("a")).status == 404);
  const Answer unserved = get("/apis/nothing.example.com/v1/things");
  CHECK(unserved.status == 404);
  CHECK(get(core("configmaps", "a") + "/status").status == 404);
}

TEST_CASE_METHOD(ApiUnderTest, "a resourceVersion has no place in a new object") {
  Json object = config_map("a");
  object["metadata"]["resourceVersion"] = "1";
  const Answer refused = post(core("configmaps"), object);
  CHECK(refused.status == 500);
  CHECK(refused.reason().empty());
  CHECK(text_at(refused.body, "/message") ==
        "resourceVersion should not be set on objects to be created");
}

TEST_CASE_METHOD(ApiUnderTest,
                 "an update with a stale resourceVersion is refused with Conflict (I7)") {
  const Answer created = post(core("configmaps"), config_map("a"));
  Json object = created.body;
  object["data"]["key"] = "first";
  const Answer updated = put(core("configmaps", "a"), object);
  REQUIRE(updated.status == 200);
  CHECK(updated.version() != created.version());
  object["data"]["key"] = "second";
  const Answer stale = put(core("configmaps", "a"), object);
  CHECK(stale.status == 409);
  CHECK(stale.reason() == "Conflict");
  CHECK(
      text_at(stale.body, "/message")
          .find("the object has been modified; please apply your changes to the latest version") !=
      std::string::npos);
  CHECK(text_at(get(core("configmaps", "a")).body, "/data/key") == "first");
}

TEST_CASE_METHOD(ApiUnderTest, "an update for another uid is refused with Conflict (F5)") {
  Json object = post(core("configmaps"), config_map("a")).body;
  object["metadata"].erase("resourceVersion");
  object["metadata"]["uid"] = kSomeUid;
  const Answer refused = put(core("configmaps", "a"), object);
  CHECK(refused.status == 409);
  CHECK(refused.reason() == "Conflict");
  CHECK(text_at(refused.body, "/message").find("UID in precondition") != std::string::npos);
}

TEST_CASE_METHOD(ApiUnderTest, "an update that changes nothing writes nothing (I10)") {
  const Answer created = post(core("configmaps"), config_map("a"));
  const Answer same = put(core("configmaps", "a"), created.body);
  CHECK(same.status == 200);
  CHECK(same.version() == created.version());
  const Answer patched = merge_patch(core("configmaps", "a"), {{"data", {{"key", "value"}}}});
  CHECK(patched.status == 200);
  CHECK(patched.version() == created.version());
}

TEST_CASE_METHOD(ApiUnderTest, "the name in the body must be the one in the path") {
  const Answer created = post(core("configmaps"), config_map("a"));
  Json object = created.body;
  object["metadata"]["name"] = "b";
  CHECK(put(core("configmaps", "a"), object).status == 400);
}

TEST_CASE_METHOD(ApiUnderTest, "a Lease is updated only with the resourceVersion that was read") {
  const Answer created = post(group(kLeases, "leases"), lease("lock"));
  REQUIRE(created.status == 201);
  Json mine = created.body;
  Json theirs = created.body;
  mine["spec"]["holderIdentity"] = "mine";
  theirs["spec"]["holderIdentity"] = "theirs";
  theirs["spec"]["renewTime"] = "2026-03-02T09:00:00.000001Z";
  CHECK(put(group(kLeases, "leases", "lock"), mine).status == 200);
  const Answer late = put(group(kLeases, "leases", "lock"), theirs);
  CHECK(late.status == 409);
  CHECK(late.reason() == "Conflict");
  mine["metadata"].erase("resourceVersion");
  const Answer blind = put(group(kLeases, "leases", "lock"), mine);
  CHECK(blind.status == 422);
  CHECK(text_at(blind.body, "/details/causes/0/field") == "metadata.resourceVersion");
  const Answer held = get(group(kLeases, "leases", "lock"));
  CHECK(text_at(held.body, "/spec/holderIdentity") == "mine");
}

TEST_CASE_METHOD(ApiUnderTest, "dry runs answer as if, and change nothing") {
  const Answer dry = post(core("configmaps") + "?dryRun=All", config_map("a"));
  CHECK(dry.status == 201);
  CHECK(get(core("configmaps", "a")).status == 404);
}
