// The picture that is drawn again and again, and how it is made to fit.

#include <catch2/catch.hpp>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/monitor/frame.hpp"
#include "cli/monitor/monitor.hpp"
#include "tests/unit/cli/golden.hpp"
#include "tests/unit/cli/operating_world.hpp"
#include "tests/unit/cli/scene.hpp"

using namespace berth;
using namespace berth::cli;
using namespace std::chrono_literals;

namespace {

MonitorView scene_view() {
  MonitorView view;
  view.now = kSceneTime;
  view.status = decide_status(company(), kSceneTime);
  ObservedQueue queue;
  queue.quotas = company().quotas;
  for (const char* name : {"sweep-1", "sweep-2"}) {
    PodText pod;
    pod.name = name;
    pod.annotations = R"({"berth.dev/explain": "InsufficientQuota: needs 2 cpu in pool cpu"})";
    queue.pods.push_back(pod_of(pod));
  }
  const auto waiting = decide_queue(queue, "", kSceneTime);
  REQUIRE(waiting);
  view.queue = *waiting;
  return view;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::string line;
  for (const char letter : text) {
    if (letter == '\n')
      lines.push_back(std::exchange(line, ""));
    else
      line += letter;
  }
  CHECK(line.empty());
  return lines;
}

struct MonitorWorld : OperatingWorld {
  Answer monitor(int count, Output output = Output::Text) {
    return ask(Command::Monitor, [&](CliOptions& options) {
      options.monitor.count = count;
      options.output = output;
    });
  }
};

} // namespace

TEST_CASE("The monitor shows pools, quotas and who waits") {
  check_golden("monitor.txt", render_monitor(scene_view(), Paint{}));
}

TEST_CASE("A picture is made to fit a terminal of any size") {
  const std::string picture = render_monitor(scene_view(), Paint{});
  check_golden("monitor-narrow.txt", fit(picture, {60, 14}));
  CHECK(fit(picture, {1000, 1000}) == picture);
  for (const bool colours : {false, true})
    for (const ScreenSize screen : {ScreenSize{1, 1}, ScreenSize{0, 0}, ScreenSize{2, 3},
                                    ScreenSize{40, 10}, ScreenSize{120, 30}}) {
      const auto lines = lines_of(fit(render_monitor(scene_view(), Paint{colours}), screen));
      CHECK(lines.size() <= std::max<std::size_t>(screen.lines, 1));
      if (colours)
        continue;
      for (const auto& line : lines)
        CHECK(width_of(line) <= std::max<std::size_t>(screen.columns, 1));
    }
}

TEST_CASE("What is cut loses neither half a character nor the end of a colour") {
  CHECK(fit("abcdef\n", {4, 9}) == "abc>\n");
  CHECK(fit("abcd\n", {4, 9}) == "abcd\n");
  CHECK(fit("äöüß\n", {4, 9}) == "äöüß\n");
  CHECK(fit("äöüßx\n", {4, 9}) == "äöü>\n");
  CHECK(fit("\033[31mabcd\033[0m\n", {4, 9}) == "\033[31mabcd\033[0m\n");
  CHECK(fit("\033[31mabcde\033[0m\n", {4, 9}) == "\033[31mabc>\033[0m\n");
  CHECK(fit("a\nb\nc\n", {9, 2}) == "a\n2 more l>\n");
  CHECK(fit("", {9, 2}).empty());
  CHECK(fit("a\033[31", {9, 2}) == "a\033[31\n");
}

namespace {

/// As much of a terminal as a picture needs. As xterm it does not wrap with the character that
/// fills a line, but waits in the last column for the next one.
class Terminal {
public:
  Terminal(std::size_t columns, std::size_t lines)
      : columns_(columns), screen_(lines, std::string(columns, ' ')) {}

  void write(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] != '\033') {
        put(text[at]);
        continue;
      }
      REQUIRE(text.substr(at + 1, 1) == "[");
      obey(text[at + 2]);
      at += 2;
    }
  }
  [[nodiscard]] std::string shown() const {
    std::string text;
    for (const auto& line : screen_)
      text += line + "\n";
    return text;
  }

private:
  void put(char letter) {
    if (letter == '\n') { // the terminal's driver sends the return, too
      column_ = 0;
      waits_ = false;
      line_ = std::min(line_ + 1, screen_.size() - 1);
      return;
    }
    REQUIRE_FALSE(waits_); // nothing here is so long that it wraps
    screen_[line_][column_] = letter;
    waits_ = column_ + 1 == columns_;
    column_ += waits_ ? 0 : 1;
  }
  void obey(char command) {
    if (command == 'H') {
      line_ = column_ = 0;
      waits_ = false;
      return;
    }
    REQUIRE((command == 'K' || command == 'J'));
    std::fill(screen_[line_].begin() + static_cast<std::ptrdiff_t>(column_), screen_[line_].end(),
              ' ');
    for (std::size_t below = line_ + 1; command == 'J' && below < screen_.size(); ++below)
      screen_[below].assign(columns_, ' ');
  }

  std::size_t columns_;
  std::vector<std::string> screen_;
  std::size_t line_ = 0;
  std::size_t column_ = 0;
  bool waits_ = false;
};

} // namespace

TEST_CASE("A picture is drawn over the last one without leaving anything of it") {
  Terminal terminal(4, 3);
  terminal.write(drawn_over("xxxx\nxxxx\nxxxx\n"));
  terminal.write(drawn_over("a\nb\n"));
  CHECK(terminal.shown() == "a   \nb   \n    \n");
  terminal.write(drawn_over("a\n\nc\n"));
  CHECK(terminal.shown() == "a   \n    \nc   \n");
  terminal.write(drawn_over(""));
  CHECK(terminal.shown() == "    \n    \n    \n");
}

TEST_CASE("A line that fills the terminal keeps the character in its last column") {
  Terminal terminal(4, 3);
  terminal.write(drawn_over(fit("abcd\nabcdef\nabcd\n", {4, 3})));
  CHECK(terminal.shown() == "abcd\nabc>\nabcd\n");
}

TEST_CASE("Without a terminal one picture follows the other, at the interval, without a sequence") {
  MonitorWorld world;
  const TimePoint begin = world.executor.now();
  CHECK(world.monitor(3).exit_code == 0);
  REQUIRE(world.written.size() == 3);
  CHECK(world.waits == 2);
  CHECK(world.executor.now() - begin >= 4s);
  for (const auto& picture : world.written) {
    CHECK(picture.find("research") != std::string::npos);
    CHECK(picture.find('\033') == std::string::npos);
  }
  world.written.clear();
  CHECK(world.monitor(1, Output::Json).exit_code == 0);
  CHECK(nlohmann::json::parse(world.written.front())["status"]["quotas"][0]["name"] == "research");
}

TEST_CASE("On a terminal the picture fits it, and follows its size") {
  MonitorWorld world;
  world.screen = ScreenSize{30, 3};
  world.on_wait = [&] { world.screen = ScreenSize{20, 2}; };
  CHECK(world.monitor(2).exit_code == 0);
  REQUIRE(world.written.size() == 2);
  CHECK(world.written.front().starts_with("\033[H"));
  CHECK(std::ranges::count(world.written.front(), '\n') == 2);
  CHECK(std::ranges::count(world.written.back(), '\n') == 1);
}

TEST_CASE("What was drawn last stays on the terminal, whole, when the monitor ends by its count") {
  MonitorWorld world;
  world.screen = ScreenSize{30, 3};
  const Answer drawn = world.monitor(2);
  CHECK(drawn.out.find("research") != std::string::npos);
  CHECK(drawn.out.find('\033') == std::string::npos);
  CHECK(world.monitor(1, Output::Json).out.empty());
  world.screen.reset();
  CHECK(world.monitor(1).out.empty());
}

TEST_CASE("The monitor ends when nobody reads it any more") {
  MonitorWorld world;
  world.readers_patience = 2;
  CHECK(world.monitor(0).exit_code == 0);
  CHECK(world.written.size() == 2);
}

TEST_CASE("A server that fails later leaves the last picture with the reason, and is asked again") {
  MonitorWorld world;
  world.on_wait = [&] { world.transport.set_down(world.waits == 1); };
  CHECK(world.monitor(3).exit_code == 0);
  REQUIRE(world.written.size() == 3);
  CHECK(world.written[0].find(" ago: ") == std::string::npos);
  CHECK(world.written[1].find(" ago: ") != std::string::npos);
  CHECK(world.written[1].find("research") != std::string::npos);
  CHECK(world.written[2].find(" ago: ") == std::string::npos);
}

TEST_CASE("A server that fails at once ends the monitor with an error") {
  MonitorWorld world;
  world.transport.set_down(true);
  const Answer answer = world.monitor(0);
  CHECK(answer.exit_code == program::kExitFailure);
  CHECK(world.written.empty());
  CHECK(answer.err.find("kubectl cluster-info") != std::string::npos);
}
