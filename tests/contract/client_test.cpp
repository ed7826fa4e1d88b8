// lib/kube's Client on both servers: what its callers may rely on, whatever the wire says.

#include <catch2/catch.hpp>

#include "tests/contract/custom_resource.hpp"

using namespace berth;
using namespace berth::contract;

namespace {

constexpr const char* kOtherUid = "00000000-0000-4000-8000-000000000000";

struct ClientTest : ApiUnderTest {
  [[nodiscard]] kube::ObjectKey key(const std::string& name) const { return {ns(), name}; }
  Result<std::string> create_pod(const Json& object) {
    return await(client().create(kube::types::pod(), ns(), object.dump()));
  }
  Json created(const Json& object) {
    const auto text = create_pod(object);
    REQUIRE(text);
    return Json::parse(*text);
  }
};

} // namespace

TEST_CASE_METHOD(ClientTest, "the client tells the refusals apart that callers must tell apart") {
  REQUIRE(create_pod(pod("a")));
  CHECK(create_pod(pod("a")).error().code == Code::AlreadyExists);
  CHECK(create_pod(pod("Not_a_Name")).error().code == Code::Invalid);
  CHECK(await(client().get(kube::types::pod(), key("none"))).error().code == Code::NotFound);
  Json unknown_class = pod("b");
  unknown_class["spec"]["priorityClassName"] = "no-such-class";
  CHECK(create_pod(unknown_class).error().code == Code::Forbidden);
}

TEST_CASE_METHOD(
    ClientTest,
    "a list at a version that history has lost ends in Gone, or is of that version (F3)") {
  kube::ListOptions old;
  old.ns = ns();
  old.resource_version = "1";
  old.exact = true;
  if (!server().forget_history()) {
    WARN("history cannot be compacted here: set BERTH_TEST_ETCD");
    return;
  }
  const auto listed = await(client().list(kube::types::pod(), old));
  // An API server may still have the version among the snapshots of its cache (KEP-4988).
  if (listed)
    CHECK(Json::parse(*listed)["metadata"]["resourceVersion"] == "1");
  else
    CHECK(listed.error().code == Code::Gone);
}

TEST_CASE_METHOD(ClientTest, "an update and a patch on a stale version end in Conflict (I7)") {
  Json stale = created(pod("a"));
  const Json patch = {{"metadata", {{"labels", {{"x", "y"}}}}}};
  REQUIRE(await(
      client().patch(kube::types::pod(), key("a"), kube::PatchType::Merge, patch.dump(), {})));
  stale["metadata"]["labels"] = {{"x", "z"}};
  const auto updated = await(client().update(kube::types::pod(), key("a"), stale.dump(), {}));
  REQUIRE_FALSE(updated);
  CHECK(updated.error().code == Code::Conflict);
  Json conditional = patch;
  conditional["metadata"]["resourceVersion"] = text_at(stale, "/metadata/resourceVersion");
  const auto patched = await(client().patch(
      kube::types::pod(), key("a"), kube::PatchType::StrategicMerge, conditional.dump(), {}));
  REQUIRE_FALSE(patched);
  CHECK(patched.error().code == Code::Conflict);
}

TEST_CASE_METHOD(ClientTest, "bind places a pod once, and only the pod that is meant") {
  const Json object = created(pod("a"));
  const std::string uid = text_at(object, "/metadata/uid");
  CHECK(await(client().bind(key("a"), kOtherUid, node())).error().code == Code::Conflict);
  CHECK(await(client().bind(key("a"), uid, node())));
  CHECK(await(client().bind(key("a"), uid, node())).error().code == Code::Conflict);
  const Json gated = created(gated_pod("b"));
  const auto refused = await(client().bind(key("b"), text_at(gated, "/metadata/uid"), node()));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::Conflict);
}

TEST_CASE_METHOD(ClientTest, "remove and evict take effect on the pod of that uid only (F5)") {
  const std::string uid = text_at(created(gated_pod("a")), "/metadata/uid");
  const kube::Preconditions other{kOtherUid, ""};
  CHECK(await(client().remove(kube::types::pod(), key("a"), other)).error().code == Code::Conflict);
  CHECK(await(client().evict(key("a"), other, std::nullopt)).error().code == Code::Conflict);
  const kube::Preconditions older{uid, "1"};
  CHECK(await(client().evict(key("a"), older, std::nullopt)).error().code == Code::Conflict);
  const kube::Preconditions same{uid, ""};
  CHECK(await(client().evict(key("a"), same, std::nullopt)));
  const auto again = await(client().remove(kube::types::pod(), key("a"), {uid, ""}));
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Code::NotFound);
}

TEST_CASE_METHOD(ClientTest, "a status is applied with the client's field manager") {
  define_widgets(*this);
  const kube::ResourceType widgets{"contract.berth.dev", "v1", "widgets", "Widget", true};
  REQUIRE(await(client().create(widgets, ns(), widget("a").dump())));
  Json config = widget("a");
  config.erase("spec");
  config["status"] = {{"used", 1}};
  kube::WriteOptions status;
  status.subresource = "status";
  const auto applied =
      await(client().patch(widgets, key("a"), kube::PatchType::Apply, config.dump(), status));
  REQUIRE(applied);
  const Json object = Json::parse(*applied);
  CHECK(integer_at(object, "/status/used") == 1);
  bool owned = false;
  for (const auto& entry : at(object, "/metadata/managedFields"))
    owned = owned ||
            (text_at(entry, "/manager") == "berth-contract" &&
             text_at(entry, "/operation") == "Apply" && text_at(entry, "/subresource") == "status");
  CHECK(owned);
}

TEST_CASE_METHOD(ClientTest, "list follows continue tokens as the server gives them") {
  for (const auto* name : {"a", "b", "c"})
    REQUIRE(create_pod(pod(name)));
  kube::ListOptions options;
  options.ns = ns();
  options.limit = 2;
  const auto first = await(client().list(kube::types::pod(), options));
  REQUIRE(first);
  const Json page = Json::parse(*first);
  CHECK(at(page, "/items").size() == 2);
  options.continue_token = text_at(page, "/metadata/continue");
  const auto second = await(client().list(kube::types::pod(), options));
  REQUIRE(second);
  const Json rest = Json::parse(*second);
  CHECK(at(rest, "/items").size() == 1);
  CHECK(text_at(rest, "/items/0/metadata/name") == "c");
  CHECK(text_at(rest, "/metadata/continue").empty());
}

TEST_CASE_METHOD(ClientTest, "discovery and version are plain reads") {
  const auto version = await(client().get_raw("/version"));
  REQUIRE(version);
  CHECK(text_at(Json::parse(*version), "/major") == "1");
  const auto resources = await(client().get_raw("/api/v1"));
  REQUIRE(resources);
  CHECK(text_at(Json::parse(*resources), "/kind") == "APIResourceList");
}
