// --watch: what is written from one look to the next.

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "cli/watch/watch.hpp"
#include "tests/unit/cli/operating_world.hpp"

using namespace berth;
using namespace berth::cli;

namespace {

/// A command whose answer the test says, look by look; the last one stays.
struct Watched : OperatingWorld {
  Answer watch(std::vector<Answer> looks, std::size_t patience, Output output = Output::Text) {
    readers_patience = patience;
    CliOptions options;
    options.output = output;
    Surroundings around;
    around.going.now = [this] { return executor.now(); };
    around.going.wait = [this](Duration delay) -> async::Task<void> {
      ++waits;
      CHECK(delay == kWatchInterval);
      static_cast<void>(co_await async::sleep_for(executor, delay));
    };
    around.going.write = [this](std::string_view text) {
      written.emplace_back(text);
      return written.size() < readers_patience;
    };
    around.going.screen = [this] { return screen; };
    const Ask ask = [this, looks](kube::Client&, CliOptions,
                                  Surroundings known) -> async::Task<Answer> {
      CHECK(known.now == executor.now());
      const std::size_t look = std::min(looked++, looks.size() - 1);
      co_return looks[look];
    };
    return simulation::await(executor, answer_watching(client, options, around, ask));
  }
  std::size_t looked = 0;
};

Answer said(const std::string& text) {
  return {0, text, ""};
}
const Answer kDown{1, "", "kubectl-berth: the API server does not answer\n"};

} // namespace

TEST_CASE("Where there is no terminal a picture is written when it differs from the last") {
  Watched world;
  const Answer end = world.watch({said("a\n"), said("a\n"), said("a\n"), said("b\n")}, 2);
  CHECK(end.exit_code == 0);
  CHECK(world.written == std::vector<std::string>{"a\n\n", "b\n\n"});
  CHECK(world.waits == 3);
}

TEST_CASE("On a terminal each picture is drawn over the last, so that it always fits") {
  Watched world;
  world.screen = ScreenSize{40, 2};
  world.watch({said("one\ntwo\nthree\nfour\n")}, 2);
  REQUIRE(world.written.size() == 2);
  CHECK(world.written[0] == world.written[1]);
  CHECK(world.written[0].find("four") == std::string::npos);
}

TEST_CASE("Documents follow one another, one for each change, on a terminal too") {
  Watched world;
  world.screen = ScreenSize{};
  world.watch({said("{}\n"), said("{}\n"), said("[]\n")}, 2, Output::Json);
  CHECK(world.written == std::vector<std::string>{"{}\n", "[]\n"});
  world.written.clear();
  world.looked = 0;
  world.watch({said("a: 1\n"), said("a: 2\n")}, 2, Output::Yaml);
  CHECK(world.written == std::vector<std::string>{"---\na: 1\n", "---\na: 2\n"});
}

TEST_CASE(
    "A look that fails ends what has shown nothing yet, and documents; else it is told below") {
  Watched world;
  CHECK(world.watch({kDown}, 9).exit_code == 1);
  CHECK(world.written.empty());
  CHECK(world.watch({said("{}\n"), kDown}, 9, Output::Json).err == kDown.err);
  world.written.clear();
  world.looked = 0;
  CHECK(world.watch({said("a\n"), kDown, said("a\n")}, 3).exit_code == 0);
  CHECK(world.written == std::vector<std::string>{"a\n\n", "a\n" + kDown.err + "\n", "a\n\n"});
}

TEST_CASE("What waits is written again when somebody else comes to wait") {
  OperatingWorld world;
  world.readers_patience = 2;
  world.on_wait = [&world] {
    if (world.waits == 2)
      world.admin.create(simulation::make_pod("research", "p").cpu("1").gated().build());
  };
  const Answer end = world.ask(Command::Queue, [](CliOptions& options) { options.watch = true; });
  CHECK(end.exit_code == 0);
  REQUIRE(world.written.size() == 2);
  CHECK(world.written[0].find("research/p") == std::string::npos);
  CHECK(world.written[1].find("research/p") != std::string::npos);
  CHECK(world.waits >= 2);
}
