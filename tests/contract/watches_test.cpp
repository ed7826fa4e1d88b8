// Watches: every change once and in order, from a known version on, or an honest 410.

#include <catch2/catch.hpp>

#include "tests/contract/watch_reader.hpp"

using namespace berth::contract;

namespace {

struct Watches : ApiUnderTest {
  std::string since_now() { return "&resourceVersion=" + get(core("pods")).version(); }
  void label(const std::string& name, const Json& value) {
    REQUIRE(merge_patch(core("pods", name), {{"metadata", {{"labels", {{"x", value}}}}}}).status ==
            200);
  }
};

constexpr const char* kStreamingList =
    "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";

} // namespace

TEST_CASE_METHOD(Watches, "a watch from a list's version tells every change after it, in order") {
  REQUIRE(post(core("pods"), pod("before")).status == 201);
  WatchReader watch(*this, core("pods"), since_now());
  REQUIRE(watch.status() == 200);
  const Answer created = post(core("pods"), pod("a"));
  label("a", "y");
  REQUIRE(remove(core("pods", "a")).status == 200);
  const auto added = watch.next();
  REQUIRE(added);
  CHECK(text_at(*added, "/type") == "ADDED");
  CHECK(at(*added, "/object/metadata/uid") == at(created.body, "/metadata/uid"));
  CHECK(text_at(*added, "/object/kind") == "Pod");
  CHECK(watch.next_change() == "MODIFIED a");
  const auto deleted = watch.next();
  REQUIRE(deleted);
  CHECK(text_at(*deleted, "/type") == "DELETED");
  CHECK(text_at(*deleted, "/object/metadata/labels/x") == "y");
  CHECK(text_at(*deleted, "/object/metadata/resourceVersion") != created.version());
}

TEST_CASE_METHOD(Watches, "a watch resumed from an event's version repeats nothing and misses nothing") {
  const std::string start = since_now();
  const Answer created = post(core("pods"), pod("a"));
  label("a", "y");
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
  WatchReader watch(*this, core("pods"), since_now() + "&labelSelector=x%3Dy");
  REQUIRE(post(core("pods"), pod("a")).status == 201);
  label("a", "y");
  label("a", "z");
  label("a", "y");
  REQUIRE(remove(core("pods", "a")).status == 200);
  CHECK(watch.next_change() == "ADDED a");
  CHECK(watch.next_change() == "DELETED a");
  CHECK(watch.next_change() == "ADDED a");
  CHECK(watch.next_change() == "DELETED a");
}

TEST_CASE_METHOD(Watches, "a streaming list ends with a bookmark that says so") {
  REQUIRE(post(core("pods"), pod("a")).status == 201);
  const Answer last = post(core("pods"), pod("b"));
  WatchReader watch(*this, core("pods"), kStreamingList);
  CHECK(watch.next_change() == "ADDED a");
  CHECK(watch.next_change() == "ADDED b");
  const auto bookmark = watch.next();
  REQUIRE(bookmark);
  CHECK(text_at(*bookmark, "/type") == "BOOKMARK");
  CHECK(text_at(*bookmark, "/object/kind") == "Pod");
  CHECK(at(*bookmark, "/object/metadata/annotations") == Json{{"k8s.io/initial-events-end", "true"}});
  CHECK(std::stoull(text_at(*bookmark, "/object/metadata/resourceVersion")) >=
        std::stoull(last.version()));
  REQUIRE(post(core("pods"), pod("c")).status == 201);
  CHECK(watch.next_change() == "ADDED c");
}

TEST_CASE_METHOD(Watches, "a version older than history ends the watch with ERROR 410 (F3)") {
  WatchReader watch(*this, core("pods"), "&resourceVersion=1");
  CHECK(watch.status() == 200);
  const auto event = watch.next();
  REQUIRE(event);
  CHECK(text_at(*event, "/type") == "ERROR");
  CHECK(text_at(*event, "/object/kind") == "Status");
  CHECK(int_at(*event, "/object/code") == 410);
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
  CHECK(WatchReader(*this, core("pods"), "&resourceVersion=x").status() == 400);
  CHECK(WatchReader(*this, core("pods"), "&fieldSelector=spec.priority%3D0").status() == 400);
}
