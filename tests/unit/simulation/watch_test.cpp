// What a watcher of the simulated server sees: in order, at its own lag, through broken streams.

#include <catch2/catch.hpp>

#include "tests/support/simulation/builders.hpp"
#include "tests/support/simulation/world.hpp"

using namespace berth;
using namespace berth::simulation;
using namespace std::chrono_literals;

namespace {

/// Reads a watch of the pods in "default" to a text, piece by piece.
class Reader {
public:
  Reader(World& world, SimulatedTransport& transport, const std::string& query) : world_(world) {
    http::Request request{"GET", "/api/v1/namespaces/default/pods?watch=1" + query, {}, ""};
    auto opened = await(world.executor, transport.open(std::move(request), {}));
    REQUIRE(opened);
    status = opened->status;
    body_ = std::move(opened->body);
  }

  /// Reads for `span`; what came is in text, how it ended in end.
  void read_for(Duration span) {
    std::stop_source stop;
    const auto timer = world_.executor.post_after(span, [&] { stop.request_stop(); });
    while (!end && !stop.stop_requested()) {
      auto piece = await(world_.executor, body_->next(stop.get_token()));
      if (!piece && piece.error().code == Code::Cancelled)
        break;
      if (!piece)
        end = piece.error().code;
      else if (piece->empty())
        end = Code::Gone; // the regular end
      else
        text += *piece;
    }
    world_.executor.cancel(timer);
  }

  /// "ADDED a MODIFIED a ..." of the complete lines so far.
  [[nodiscard]] std::string events() const {
    std::string result;
    std::size_t begin = 0;
    for (auto at_end = text.find('\n'); at_end != std::string::npos;
         begin = at_end + 1, at_end = text.find('\n', begin)) {
      const Json event = Json::parse(text.substr(begin, at_end - begin));
      const std::string name = text_at(event, "/object/metadata/name");
      result +=
          (result.empty() ? "" : " ") + text_at(event, "/type") + (name.empty() ? "" : " " + name);
    }
    return result;
  }

  int status = 0;
  std::string text;
  std::optional<Code> end;

private:
  World& world_;
  std::unique_ptr<http::BodyStream> body_;
};

std::string from_now(World& world) {
  return "&resourceVersion=" + std::to_string(world.server.revision());
}

/// What change_things() looks like: a pod's deletion shows its deletionTimestamp first.
constexpr const char* kAllOfIt = "ADDED a MODIFIED a MODIFIED a DELETED a";

void change_things(World& world) {
  world.admin.create(make_pod("default", "a").cpu("1"));
  world.admin.patch("Pod", {"default", "a"}, {{"metadata", {{"labels", {{"x", "y"}}}}}});
  world.admin.create(make_pod("kube-system", "elsewhere"));
  world.admin.remove("Pod", {"default", "a"}, 0);
}

} // namespace

TEST_CASE("a watch tells of creation, change and deletion in its namespace") {
  World world;
  SimulatedTransport transport(world.server, "watcher", 3);
  Reader reader(world, transport, from_now(world));
  change_things(world);
  reader.read_for(1s);
  CHECK(reader.events() == kAllOfIt);
}

TEST_CASE("a watch from an older revision repeats what happened since") {
  World world;
  SimulatedTransport transport(world.server, "watcher", 3);
  const std::string start = from_now(world);
  change_things(world);
  Reader reader(world, transport, start);
  reader.read_for(1s);
  CHECK(reader.events() == kAllOfIt);
}

TEST_CASE("a selector turns changes into additions and deletions") {
  World world;
  SimulatedTransport transport(world.server, "watcher", 3);
  Reader reader(world, transport, from_now(world) + "&labelSelector=x%3Dy");
  change_things(world);
  reader.read_for(1s);
  CHECK(reader.events() == "ADDED a MODIFIED a DELETED a");
}

TEST_CASE("however a stream is split, its bytes are the same") {
  World world;
  SimulatedTransport whole(world.server, "watcher", 3);
  SimulatedTransport split(world.server, "watcher", 4);
  split.split_streams(3);
  Reader reader(world, whole, from_now(world));
  Reader pieces(world, split, from_now(world));
  change_things(world);
  reader.read_for(1s);
  pieces.read_for(60s);
  CHECK(pieces.text == reader.text);
}

TEST_CASE("a stream can be cut after any number of bytes") {
  World world;
  SimulatedTransport transport(world.server, "watcher", 3);
  const std::string start = from_now(world);
  change_things(world);
  Reader reader(world, transport, start);
  reader.read_for(1s);
  for (std::size_t bytes = 0; bytes < reader.text.size(); bytes += 97) {
    transport.cut_streams_after(bytes);
    Reader cut(world, transport, start);
    cut.read_for(1s);
    CHECK(cut.end == Code::Unavailable);
    CHECK(cut.text == reader.text.substr(0, bytes));
  }
}

TEST_CASE("a watch before the kept history ends with 410 in the stream") {
  World world;
  SimulatedTransport transport(world.server, "watcher", 3);
  const std::string start = from_now(world);
  change_things(world);
  world.server.compact();
  Reader reader(world, transport, start);
  reader.read_for(1s);
  CHECK(reader.status == 200);
  CHECK(reader.events() == "ERROR");
  CHECK(reader.text.find("\"code\":410") != std::string::npos);
  CHECK(reader.end == Code::Gone);
}

TEST_CASE("two clients see the world at different lags, and a held cache sees nothing") {
  World world;
  SimulatedTransport early(world.server, "early", 3);
  SimulatedTransport late(world.server, "late", 4);
  SimulatedTransport stuck(world.server, "stuck", 5);
  late.cache().set_lag(10s);
  stuck.cache().hold(true);
  Reader first(world, early, from_now(world));
  Reader second(world, late, from_now(world));
  Reader third(world, stuck, from_now(world));
  change_things(world);
  first.read_for(1s);
  second.read_for(5s);
  third.read_for(20s);
  CHECK(first.events() == kAllOfIt);
  CHECK(second.events().empty());
  CHECK(third.events().empty());
  second.read_for(10s);
  CHECK(second.events() == kAllOfIt);
  stuck.cache().hold(false);
  third.read_for(1s);
  CHECK(third.events() == kAllOfIt);
}

TEST_CASE("events can be lost and repeated") {
  World world;
  SimulatedTransport transport(world.server, "watcher", 3);
  transport.faults().aim(Fault::LoseEvent);
  transport.faults().aim(Fault::RepeatEvent);
  Reader reader(world, transport, from_now(world));
  change_things(world);
  reader.read_for(1s);
  CHECK(reader.events() == "MODIFIED a MODIFIED a MODIFIED a DELETED a");
}

TEST_CASE("bookmarks come every minute where asked for, and before the watch's end") {
  World world;
  SimulatedTransport transport(world.server, "watcher", 3);
  Reader reader(world, transport, from_now(world) + "&allowWatchBookmarks=true&timeoutSeconds=130");
  Reader plain(world, transport, from_now(world) + "&timeoutSeconds=130");
  reader.read_for(200s);
  plain.read_for(200s);
  CHECK(reader.events() == "BOOKMARK BOOKMARK BOOKMARK");
  CHECK(reader.end == Code::Gone);
  CHECK(plain.events().empty());
  CHECK(plain.end == Code::Gone);
}

TEST_CASE("a streaming list sends what is there, then the bookmark that ends it") {
  World world;
  SimulatedTransport transport(world.server, "watcher", 3);
  world.admin.create(make_pod("default", "a"));
  world.admin.create(make_pod("default", "b"));
  Reader reader(
      world, transport,
      "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
  reader.read_for(1s);
  CHECK(reader.events() == "ADDED a ADDED b BOOKMARK");
  CHECK(reader.text.find("\"k8s.io/initial-events-end\":\"true\"") != std::string::npos);
  world.admin.create(make_pod("default", "c"));
  reader.read_for(1s);
  CHECK(reader.events() == "ADDED a ADDED b BOOKMARK ADDED c");
}

TEST_CASE("a server that goes down breaks open streams and refuses new ones") {
  World world;
  SimulatedTransport transport(world.server, "watcher", 3);
  Reader reader(world, transport, from_now(world));
  world.executor.post_after(5s, [&] { transport.set_down(true); });
  reader.read_for(60s);
  CHECK(reader.end == Code::Unavailable);
  http::Request request{"GET", "/api/v1/pods?watch=1", {}, ""};
  const auto refused = await(world.executor, transport.open(std::move(request), {}));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::Unavailable);
}
