// Custom resources: schema, generation, and status that only its subresource writes.

#include <catch2/catch.hpp>

#include "tests/contract/custom_resource.hpp"

using namespace berth::contract;

namespace {

struct Widgets : ApiUnderTest {
  Widgets() { define_widgets(*this); }
  [[nodiscard]] std::string path(const std::string& name = "") const {
    return group(kWidgets, "widgets", name);
  }
};

} // namespace

TEST_CASE_METHOD(Widgets, "defaults are filled in and unknown fields are pruned") {
  Json object = widget("a");
  object["spec"]["unknown"] = 1;
  object["extra"] = "x";
  object["spec"]["limits"] = {{"any", "thing"}};
  const Answer created = post(path(), object);
  REQUIRE(created.status == 201);
  CHECK(at(created.body, "/spec") ==
        Json{{"size", 3}, {"color", "Red"}, {"limits", {{"any", "thing"}}}});
  CHECK_FALSE(created.body.contains("extra"));
}

TEST_CASE_METHOD(Widgets, "what the schema does not allow is refused with Invalid and the field") {
  const auto refused = [&](const Json& spec) {
    Json object = widget("a");
    object["spec"] = spec;
    const Answer answer = post(path(), object);
    CHECK(answer.status == 422);
    CHECK(answer.reason() == "Invalid");
    return text_at(answer.body, "/details/causes/0/field");
  };
  CHECK(refused(Json::object()) == "spec.size");
  CHECK(refused({{"size", 0}}) == "spec.size");
  CHECK(refused({{"size", 11}}) == "spec.size");
  CHECK(refused({{"size", "three"}}) == "spec.size");
  CHECK(refused({{"size", 1}, {"color", "Green"}}) == "spec.color");
  CHECK(refused({{"size", 1}, {"note", "longer than sixteen"}}) == "spec.note");
  CHECK(refused({{"size", 1}, {"tags", {"a", "a"}}}) == "spec.tags[1]");
  CHECK(get(path("a")).status == 404);
}

TEST_CASE_METHOD(Widgets, "generation counts changes of the spec only") {
  Answer now = post(path(), widget("a"));
  CHECK(integer_at(now.body, "/metadata/generation") == 1);
  now = merge_patch(path("a"), {{"metadata", {{"labels", {{"x", "y"}}}}}});
  CHECK(integer_at(now.body, "/metadata/generation") == 1);
  now = merge_patch(path("a") + "/status", {{"status", {{"used", 1}}}});
  CHECK(now.status == 200);
  CHECK(integer_at(now.body, "/metadata/generation") == 1);
  now = merge_patch(path("a"), {{"spec", {{"size", 4}}}});
  CHECK(integer_at(now.body, "/metadata/generation") == 2);
  now = merge_patch(path("a"), {{"metadata", {{"generation", 40}}}});
  CHECK(integer_at(now.body, "/metadata/generation") == 2);
}

TEST_CASE_METHOD(Widgets,
                 "status is written through its subresource only, and nothing else there") {
  Json object = widget("a");
  object["status"] = {{"used", 9}};
  const Answer created = post(path(), object);
  CHECK(at(created.body, "/status").is_null());

  const Answer ignored = merge_patch(path("a"), {{"status", {{"used", 9}}}});
  CHECK(ignored.status == 200);
  CHECK(at(ignored.body, "/status").is_null());
  CHECK(ignored.version() == created.version());

  const Answer written =
      merge_patch(path("a") + "/status", {{"status", {{"used", 2}}},
                                          {"spec", {{"size", 7}}},
                                          {"metadata", {{"labels", {{"x", "y"}}}}}});
  CHECK(written.status == 200);
  CHECK(integer_at(written.body, "/status/used") == 2);
  CHECK(integer_at(written.body, "/spec/size") == 3);
  CHECK(at(written.body, "/metadata/labels").is_null());

  Json update = written.body;
  update.erase("status");
  update["spec"]["size"] = 5;
  const Answer kept = put(path("a"), update);
  CHECK(kept.status == 200);
  CHECK(integer_at(kept.body, "/status/used") == 2);
}

TEST_CASE_METHOD(Widgets, "a status update carries a resourceVersion as any other (I7)") {
  const Answer created = post(path(), widget("a"));
  REQUIRE(merge_patch(path("a"), {{"spec", {{"size", 4}}}}).status == 200);
  Json stale = created.body;
  stale["status"] = {{"used", 1}};
  CHECK(put(path("a") + "/status", stale).status == 409);
  stale["metadata"].erase("resourceVersion");
  CHECK(put(path("a") + "/status", stale).status == 422);
}

TEST_CASE_METHOD(Widgets, "strategic merge patch is not for custom resources") {
  REQUIRE(post(path(), widget("a")).status == 201);
  const Answer refused = strategic_patch(path("a"), {{"spec", {{"size", 4}}}});
  CHECK(refused.status == 415);
  CHECK(refused.reason() == "UnsupportedMediaType");
}

TEST_CASE_METHOD(Widgets, "an update of a custom resource needs the resourceVersion") {
  Json object = post(path(), widget("a")).body;
  object["metadata"].erase("resourceVersion");
  const Answer blind = put(path("a"), object);
  CHECK(blind.status == 422);
  CHECK(text_at(blind.body, "/details/causes/0/field") == "metadata.resourceVersion");
}

TEST_CASE_METHOD(Widgets, "selectable fields of a definition select") {
  REQUIRE(post(path(), widget("red")).status == 201);
  Json blue = widget("blue");
  blue["spec"]["color"] = "Blue";
  REQUIRE(post(path(), blue).status == 201);
  const Answer listed = get(path() + "?fieldSelector=spec.color%3DBlue");
  CHECK(listed.status == 200);
  REQUIRE(at(listed.body, "/items").size() == 1);
  CHECK(text_at(listed.body, "/items/0/metadata/name") == "blue");
  CHECK(get(path() + "?fieldSelector=spec.size%3D3").status == 400);
}
