// Deletion: preconditions, finalizers and grace periods.

#include <catch2/catch.hpp>

#include "tests/contract/api_under_test.hpp"

using namespace berth::contract;

namespace {

constexpr const char* kOtherUid = "00000000-0000-4000-8000-000000000000";
constexpr const char* kFinalizer = "contract.berth.dev/hold";

Json options_for(const std::string& uid, const std::string& version = "") {
  Json preconditions = Json::object();
  if (!uid.empty())
    preconditions["uid"] = uid;
  if (!version.empty())
    preconditions["resourceVersion"] = version;
  return {{"kind", "DeleteOptions"}, {"apiVersion", "v1"}, {"preconditions", preconditions}};
}

} // namespace

TEST_CASE_METHOD(ApiUnderTest, "a deletion for another uid is refused with Conflict (F5)") {
  const Answer created = post(core("configmaps"), config_map("a"));
  const Answer refused = remove(core("configmaps", "a"), options_for(kOtherUid));
  CHECK(refused.status == 409);
  CHECK(refused.reason() == "Conflict");
  CHECK(text_at(refused.body, "/message").find("does not match the UID in record") !=
        std::string::npos);
  const Answer stale = remove(core("configmaps", "a"), options_for(created.uid(), "1"));
  CHECK(stale.status == 409);
  CHECK(remove(core("configmaps", "a"), options_for(created.uid(), created.version())).status ==
        200);
  CHECK(get(core("configmaps", "a")).status == 404);
}

TEST_CASE_METHOD(ApiUnderTest, "a deletion at once answers a Status that names what is gone") {
  const Answer created = post(core("configmaps"), config_map("a"));
  const Answer gone = remove(core("configmaps", "a"));
  CHECK(gone.status == 200);
  CHECK(text_at(gone.body, "/kind") == "Status");
  CHECK(text_at(gone.body, "/status") == "Success");
  CHECK(text_at(gone.body, "/details/name") == "a");
  CHECK(text_at(gone.body, "/details/uid") == created.uid());
  CHECK(remove(core("configmaps", "a")).status == 404);
}

TEST_CASE_METHOD(ApiUnderTest, "a finalizer keeps a deleted object until it is removed") {
  Json object = config_map("a");
  object["metadata"]["finalizers"] = Json::array({kFinalizer});
  const Answer created = post(core("configmaps"), object);
  const Answer deleted = remove(core("configmaps", "a"));
  CHECK(deleted.status == 200);
  CHECK(text_at(deleted.body, "/kind") == "ConfigMap");
  const Answer waiting = get(core("configmaps", "a"));
  CHECK(waiting.status == 200);
  CHECK_FALSE(at(waiting.body, "/metadata/deletionTimestamp").is_null());
  CHECK(waiting.version() != created.version());

  const Answer again = remove(core("configmaps", "a"));
  CHECK(again.status == 200);
  CHECK(again.version() == waiting.version());
  const Answer more =
      merge_patch(core("configmaps", "a"),
                  {{"metadata", {{"finalizers", {kFinalizer, "contract.berth.dev/more"}}}}});
  CHECK(more.status == 422);
  CHECK(text_at(more.body, "/details/causes/0/field") == "metadata.finalizers");

  const Answer released =
      merge_patch(core("configmaps", "a"), {{"metadata", {{"finalizers", nullptr}}}});
  CHECK(released.status == 200);
  CHECK(get(core("configmaps", "a")).status == 404);
}

TEST_CASE_METHOD(ApiUnderTest, "a deletionTimestamp cannot be taken back or set by an update") {
  Json object = config_map("a");
  object["metadata"]["finalizers"] = Json::array({kFinalizer});
  REQUIRE(post(core("configmaps"), object).status == 201);
  const Answer set = merge_patch(core("configmaps", "a"),
                                 {{"metadata", {{"deletionTimestamp", "2026-03-02T09:00:00Z"}}}});
  CHECK(at(get(core("configmaps", "a")).body, "/metadata/deletionTimestamp").is_null());
  CHECK((set.status == 200 || set.status == 422));
  REQUIRE(remove(core("configmaps", "a")).status == 200);
  (void)merge_patch(core("configmaps", "a"), {{"metadata", {{"deletionTimestamp", nullptr}}}});
  CHECK_FALSE(at(get(core("configmaps", "a")).body, "/metadata/deletionTimestamp").is_null());
  (void)merge_patch(core("configmaps", "a"), {{"metadata", {{"finalizers", nullptr}}}});
}

TEST_CASE_METHOD(ApiUnderTest, "a pod without a node is gone at once") {
  REQUIRE(post(core("pods"), pod("a")).status == 201);
  const Answer deleted = remove(core("pods", "a"));
  CHECK(deleted.status == 200);
  CHECK(text_at(deleted.body, "/kind") == "Pod");
  CHECK(get(core("pods", "a")).status == 404);
}

TEST_CASE_METHOD(ApiUnderTest, "a bound pod has its grace period, which can only be shortened") {
  const Answer created = post(core("pods"), pod("a"));
  REQUIRE(post(core("pods", "a") + "/binding", binding("a")).status == 201);
  const Answer deleted = remove(core("pods", "a"));
  CHECK(deleted.status == 200);
  const Answer going = get(core("pods", "a"));
  REQUIRE(going.status == 200);
  CHECK(integer_at(going.body, "/metadata/deletionGracePeriodSeconds") == 30);
  CHECK_FALSE(at(going.body, "/metadata/deletionTimestamp").is_null());
  CHECK(integer_at(going.body, "/metadata/generation") == 2);

  const Json longer = {{"kind", "DeleteOptions"}, {"apiVersion", "v1"}, {"gracePeriodSeconds", 60}};
  CHECK(remove(core("pods", "a"), longer).status == 200);
  CHECK(integer_at(get(core("pods", "a")).body, "/metadata/deletionGracePeriodSeconds") == 30);
  const Json shorter = {{"kind", "DeleteOptions"}, {"apiVersion", "v1"}, {"gracePeriodSeconds", 5}};
  CHECK(remove(core("pods", "a"), shorter).status == 200);
  CHECK(integer_at(get(core("pods", "a")).body, "/metadata/deletionGracePeriodSeconds") == 5);
  const Json now = {{"kind", "DeleteOptions"}, {"apiVersion", "v1"}, {"gracePeriodSeconds", 0}};
  CHECK(remove(core("pods", "a"), now).status == 200);
  CHECK(get(core("pods", "a")).status == 404);
}

TEST_CASE_METHOD(ApiUnderTest, "an object of the same name made again has another uid") {
  const Answer first = post(core("configmaps"), config_map("a"));
  REQUIRE(remove(core("configmaps", "a")).status == 200);
  const Answer second = post(core("configmaps"), config_map("a"));
  CHECK(second.status == 201);
  CHECK(second.uid() != first.uid());
}
