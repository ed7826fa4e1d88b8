// Server-side apply: who owns a field, what conflicts, what force does, and what is taken back.

#include <catch2/catch.hpp>

#include "tests/contract/custom_resource.hpp"

using namespace berth::contract;

namespace {

struct Applied : ApiUnderTest {
  Applied() { define_widgets(*this); }
  [[nodiscard]] std::string path(const std::string& name) const {
    return group(kWidgets, "widgets", name);
  }
};

Json widget_of(int size, const Json& more = Json::object()) {
  Json object = widget("a");
  object["spec"]["size"] = size;
  object["spec"].update(more);
  return object;
}

Json status_of(const Json& status) {
  Json object = widget("a");
  object.erase("spec");
  object["status"] = status;
  return object;
}

Json condition(const std::string& type, const std::string& status) {
  return {{"type", type}, {"status", status}};
}

bool owns(const Json& object, const std::string& manager, const std::string& pointer) {
  for (const auto& entry : at(object, "/metadata/managedFields"))
    if (text_at(entry, "/manager") == manager && at(entry, "/fieldsV1" + pointer).is_object())
      return true;
  return false;
}

} // namespace

TEST_CASE_METHOD(Applied,
                 "apply creates what is not there and changes nothing when repeated (I10)") {
  const Answer created = apply(path("a"), "one", widget_of(3));
  CHECK(created.status == 201);
  CHECK(owns(created.body, "one", "/f:spec/f:size"));
  const Answer again = apply(path("a"), "one", widget_of(3));
  CHECK(again.status == 200);
  CHECK(again.version() == created.version());
}

TEST_CASE_METHOD(Applied, "a field that another manager applied with another value conflicts") {
  REQUIRE(apply(path("a"), "one", widget_of(3)).status == 201);
  const Answer refused = apply(path("a"), "two", widget_of(4));
  CHECK(refused.status == 409);
  CHECK(refused.reason() == "Conflict");
  CHECK(text_at(refused.body, "/details/causes/0/reason") == "FieldManagerConflict");
  CHECK(text_at(refused.body, "/details/causes/0/field") == ".spec.size");
  CHECK(text_at(refused.body, "/details/causes/0/message").find("conflict with \"one\"") == 0);
  CHECK(integer_at(get(path("a")).body, "/spec/size") == 3);
}

TEST_CASE_METHOD(Applied, "the same value is shared, and force takes a field over") {
  REQUIRE(apply(path("a"), "one", widget_of(3)).status == 201);
  const Answer shared = apply(path("a"), "two", widget_of(3));
  CHECK(shared.status == 200);
  CHECK(owns(shared.body, "one", "/f:spec/f:size"));
  CHECK(owns(shared.body, "two", "/f:spec/f:size"));
  const Answer forced = apply(path("a"), "two", widget_of(4), true);
  CHECK(forced.status == 200);
  CHECK(integer_at(forced.body, "/spec/size") == 4);
  CHECK_FALSE(owns(forced.body, "one", "/f:spec/f:size"));
}

TEST_CASE_METHOD(Applied, "a field that its only owner no longer applies is removed") {
  REQUIRE(apply(path("a"), "one", widget_of(3, {{"note", "here"}})).status == 201);
  const Answer without = apply(path("a"), "one", widget_of(3));
  CHECK(without.status == 200);
  CHECK(at(without.body, "/spec/note").is_null());
}

TEST_CASE_METHOD(Applied, "a field that another owns too stays") {
  REQUIRE(apply(path("a"), "one", widget_of(3, {{"note", "here"}})).status == 201);
  Json second = widget_of(3, {{"note", "here"}});
  REQUIRE(apply(path("a"), "two", second).status == 200);
  const Answer without = apply(path("a"), "one", widget_of(3));
  CHECK(text_at(without.body, "/spec/note") == "here");
}

TEST_CASE_METHOD(Applied, "a merge patch takes fields over without asking") {
  REQUIRE(apply(path("a"), "one", widget_of(3)).status == 201);
  const Answer patched = merge_patch(path("a") + "?fieldManager=user", {{"spec", {{"size", 5}}}});
  CHECK(patched.status == 200);
  CHECK(owns(patched.body, "user", "/f:spec/f:size"));
  CHECK_FALSE(owns(patched.body, "one", "/f:spec/f:size"));
  const Answer refused = apply(path("a"), "one", widget_of(3));
  CHECK(refused.status == 409);
  CHECK(text_at(refused.body, "/details/causes/0/message").find("conflict with \"user\"") == 0);
}

TEST_CASE_METHOD(Applied, "items of a keyed list belong to whoever applied them") {
  REQUIRE(post(group(kWidgets, "widgets"), widget("a")).status == 201);
  const std::string status = path("a") + "/status";
  REQUIRE(
      apply(status, "one", status_of({{"conditions", Json::array({condition("Ready", "True")})}}))
          .status == 200);
  const Answer both =
      apply(status, "two", status_of({{"conditions", Json::array({condition("Safe", "True")})}}));
  REQUIRE(both.status == 200);
  CHECK(at(both.body, "/status/conditions").size() == 2);
  const Answer clash =
      apply(status, "two", status_of({{"conditions", Json::array({condition("Ready", "False")})}}));
  CHECK(clash.status == 409);
  CHECK(text_at(clash.body, "/details/causes/0/field") ==
        ".status.conditions[type=\"Ready\"].status");
  const Answer gone = apply(status, "two", status_of({{"used", 1}}));
  CHECK(gone.status == 200);
  CHECK(at(gone.body, "/status/conditions") == Json::array({condition("Ready", "True")}));
}

TEST_CASE_METHOD(Applied, "applying a status leaves the rest alone, and needs an object") {
  const Answer missing = apply(path("a") + "/status", "one", status_of({{"used", 1}}));
  CHECK(missing.status == 404);
  REQUIRE(post(group(kWidgets, "widgets"), widget("a")).status == 201);
  Json config = status_of({{"used", 1}});
  config["spec"] = {{"size", 9}};
  const Answer applied = apply(path("a") + "/status", "one", config);
  CHECK(applied.status == 200);
  CHECK(integer_at(applied.body, "/status/used") == 1);
  CHECK(integer_at(applied.body, "/spec/size") == 3);
  CHECK(integer_at(applied.body, "/metadata/generation") == 1);
}

TEST_CASE_METHOD(Applied, "apply checks a resourceVersion that is given") {
  const Answer created = apply(path("a"), "one", widget_of(3));
  REQUIRE(apply(path("a"), "one", widget_of(4)).status == 200);
  Json stale = widget_of(5);
  stale["metadata"]["resourceVersion"] = created.version();
  CHECK(apply(path("a"), "one", stale).status == 409);
}

TEST_CASE_METHOD(Applied, "apply needs a manager, the kind, and no managedFields") {
  const Answer nobody = request("PATCH", path("a"), widget_of(3), "application/apply-patch+yaml");
  CHECK(nobody.status == 422);
  CHECK(text_at(nobody.body, "/details/causes/0/field") == "fieldManager");
  Json owned = widget_of(3);
  owned["metadata"]["managedFields"] = Json::array({Json::object()});
  CHECK(apply(path("a"), "one", owned).status == 400);
  Json kindless = widget_of(3);
  kindless.erase("kind");
  CHECK(apply(path("a"), "one", kindless).status == 400);
}
