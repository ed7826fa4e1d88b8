// Watches: every change once and in order, from a known version on, or an honest 410.

#include <catch2/catch.hpp>
#include <string>

#include "tests/contract/custom_resource.hpp"
#include "tests/contract/watch_reader.hpp"

using namespace berth::contract;

namespace {

struct Watches : ApiUnderTest {
  std::string since_now() { return "&resourceVersion=" + get(core("pods")).version(); }
  int minor_version() { return std::stoi(text_at(get("/version").body, "/minor")); }
  void label(const std::string& path, const Json& value) {
    REQUIRE(merge_patch(path, {{"metadata", {{"labels", {{"x", value}}}}}}).status == 200);
  }
};

constexpr const char* kStreamingList =
    "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

} // namespace

TEST_CASE_METHOD(Watches, "a watch from a list's version tells every change after it, in order") {
  REQUIRE(post(core("configmaps"), config_map("before")).status == 201);
  WatchReader watch(*this, core("configmaps"),
                    "&resourceVersion=" + get(core("configmaps")).version());
  REQUIRE(watch.status() == 200);
  const Answer created = post(core("configmaps"), config_map("a"));
  label(core("configmaps", "a"), "y");
  REQUIRE(remove(core("configmaps", "a")).status == 200);
  const auto added = watch.next();
  REQUIRE(added);
  CHECK(text_at(*added, "/type") == "ADDED");
  CHECK(at(*added, "/object/metadata/uid") == at(created.body, "/metadata/uid"));
  CHECK(text_at(*added, "/object/kind") == "ConfigMap");
  CHECK(watch.next_change() == "MODIFIED a");
  const auto deleted = watch.next();
  REQUIRE(deleted);
  CHECK(text_at(*deleted, "/type") == "DELETED");
  CHECK(text_at(*deleted, "/object/metadata/labels/x") == "y");
  CHECK(text_at(*deleted, "/object/metadata/resourceVersion") != created.version());
}

TEST_CASE_METHOD(Watches,
                 "a pod shows its deletionTimestamp before it is gone, even when it goes at once") {
  REQUIRE(post(core("pods"), pod("a")).status == 201);
  WatchReader watch(*this, core("pods"), since_now());
  REQUIRE(remove(core("pods", "a")).status == 200);
  const auto going = watch.next();
  REQUIRE(going);
  CHECK(text_at(*going, "/type") == "MODIFIED");
  CHECK_FALSE(at(*going, "/object/metadata/deletionTimestamp").is_null());
  CHECK(watch.next_change() == "DELETED a");
}

TEST_CASE_METHOD(Watches,
                 "a watch resumed from an event's version repeats nothing and misses nothing") {
  const std::string start = since_now();
  const Answer created = post(core("pods"), pod("a"));
  label(core("pods", "a"), "y");
  WatchReader all(*this, core("pods"), start);
  CHECK(all.next_change() == "ADDED a");
  CHECK(all.next_change() == "MODIFIED a");
  WatchReader rest(*this, core("pods"), "&resourceVersion=" + created.version());
  CHECK(rest.next_change() == "MODIFIED a");
}

TEST_CASE_METHOD(Watches, "a watch without a version begins with what is there") {
  REQUIRE(post(core("pods"), pod("a")).status == 201);
  WatchReader watch(*this, core("pods"), "");
  CHECK(watch.next_change() == "ADDED a");
  REQUIRE(post(core("pods"), pod("b")).status == 201);
  CHECK(watch.next_change() == "ADDED b");
}

TEST_CASE_METHOD(Watches, "an object that enters or leaves a selection is added or deleted") {
  WatchReader watch(*this, core("configmaps"), since_now() + "&labelSelector=x%3Dy");
  REQUIRE(post(core("configmaps"), config_map("a")).status == 201);
  for (const auto* value : {"y", "z", "y"})
    label(core("configmaps", "a"), value);
  REQUIRE(remove(core("configmaps", "a")).status == 200);
  CHECK(watch.next_change() == "ADDED a");
  CHECK(watch.next_change() == "DELETED a");
  CHECK(watch.next_change() == "ADDED a");
  CHECK(watch.next_change() == "DELETED a");
}

TEST_CASE_METHOD(Watches, "a streaming list ends with a bookmark that says so") {
  REQUIRE(post(core("pods"), pod("a")).status == 201);
  const Answer last = post(core("pods"), pod("b"));
  WatchReader watch(*this, core("pods"), kStreamingList);
  if (server().is_real() && minor_version() < 34) { // the feature is off unless it is asked for
    const auto refusal = watch.next();
    REQUIRE(refusal);
    CHECK(integer_at(*refusal, "/code") == 422);
    CHECK(text_at(*refusal, "/reason") == "Invalid");
    return;
  }
  CHECK(watch.next_change() == "ADDED a");
  CHECK(watch.next_change() == "ADDED b");
  const auto bookmark = watch.next();
  REQUIRE(bookmark);
  CHECK(text_at(*bookmark, "/type") == "BOOKMARK");
  CHECK(text_at(*bookmark, "/object/kind") == "Pod");
  CHECK(at(*bookmark, "/object/metadata/annotations") ==
        Json{{"k8s.io/initial-events-end", "true"}});
  CHECK(std::stoull(text_at(*bookmark, "/object/metadata/resourceVersion")) >=
        std::stoull(last.version()));
  REQUIRE(post(core("pods"), pod("c")).status == 201);
  CHECK(watch.next_change() == "ADDED c");
}

TEST_CASE_METHOD(Watches, "a version older than history ends the watch with ERROR 410 (F3)") {
  // A kind that is served since later than version 1 has no history back to it on any server.
  define_widgets(*this);
  if (!server().is_real())
    REQUIRE(server().forget_history());
  WatchReader watch(*this, group(kWidgets, "widgets"), "&resourceVersion=1");
  CHECK(watch.status() == 200);
  const auto event = watch.next();
  REQUIRE(event);
  CHECK(text_at(*event, "/type") == "ERROR");
  CHECK(text_at(*event, "/object/kind") == "Status");
  CHECK(integer_at(*event, "/object/code") == 410);
  CHECK(text_at(*event, "/object/reason") == "Expired");
  CHECK_FALSE(watch.next());
  CHECK(watch.ended());
}

TEST_CASE_METHOD(Watches, "a watch ends by itself when its time is over") {
  WatchReader watch(*this, core("pods"), since_now() + "&timeoutSeconds=2");
  CHECK(watch.next_change().empty());
  CHECK(watch.ended());
}

TEST_CASE_METHOD(Watches, "contradicting watch parameters are refused before the stream") {
  CHECK(WatchReader(*this, core("pods"), "&sendInitialEvents=true").status() == 422);
  CHECK(WatchReader(*this, core("pods"), "&resourceVersionMatch=NotOlderThan&resourceVersion=1")
            .status() == 422);
  CHECK(WatchReader(*this, core("pods"), "&resourceVersion=x").status() == 500);
  CHECK(WatchReader(*this, core("pods"), "&fieldSelector=spec.priority%3D0").status() == 400);
}
