// kubectl-berth: reads the flags, wires the parts, prints the answer. Nothing is decided here.

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/monitor/screen.hpp"
#include "cli/session.hpp"
#include "lib/program/program.hpp"

namespace {

using namespace berth;

/// A terminal that knows no escape sequences.
bool is_dumb() {
  const char* terminal = std::getenv("TERM");
  return terminal == nullptr || std::string_view(terminal) == "dumb";
}

/// As NO_COLOR (no-color.org) and terminals without colours ask.
bool wants_colours(cli::When when) {
  if (when != cli::When::Auto)
    return when == cli::When::Always;
  const char* no_colour = std::getenv("NO_COLOR");
  const bool refused = no_colour != nullptr && *no_colour != '\0';
  return isatty(STDOUT_FILENO) != 0 && !refused && !is_dumb();
}

std::chrono::microseconds processor_time() {
  constexpr std::int64_t kTicksPerMicrosecond = CLOCKS_PER_SEC / 1'000'000;
  return std::chrono::microseconds{std::clock() / kTicksPerMicrosecond};
}

/// A long simulation says how far it is, to a terminal alone.
cli::Onlooker onlooker() {
  if (isatty(STDERR_FILENO) == 0 || is_dumb())
    return {processor_time};
  return {processor_time, [](std::string_view line) {
            static_cast<void>(
                std::fprintf(stderr, "\r%.*s\033[K", static_cast<int>(line.size()), line.data()));
          }};
}

bool write_now(std::string_view text) {
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
         std::fflush(stdout) == 0;
}

std::optional<cli::ScreenSize> screen_to_draw_on() {
  return is_dumb() ? std::nullopt : cli::screen_size();
}

cli::Going going_of(cli::Session& session, const Clock& clock) {
  cli::Going going;
  going.now = [&clock] { return clock.now(); };
  going.wait = [&session](Duration delay) { return session.wait(delay); };
  going.write = write_now;
  going.screen = screen_to_draw_on;
  return going;
}

/// Whether the command draws on the terminal itself.
bool draws(const cli::CliOptions& options) {
  return (options.command == cli::Command::Monitor || options.watch) && screen_to_draw_on() &&
         options.output != cli::Output::Json && options.output != cli::Output::Yaml;
}

cli::Answer ask_server(const cli::CliOptions& options, const Clock& clock) {
  const auto environment = program::config_environment(
      [](const char* name) { return static_cast<const char*>(std::getenv(name)); });
  std::random_device device;
  auto session = cli::Session::open(options, environment, clock, Rng{device()});
  if (!session) {
    // A missing kubeconfig is no missing object.
    return {program::kExitFailure, "", cli::answer_failure(session.error()).err};
  }
  cli::Surroundings around;
  around.default_namespace = (*session)->default_namespace();
  around.now = clock.now();
  around.paint.colours = wants_colours(options.colour);
  around.get_status = [&](std::string url) { return (*session)->get_status(std::move(url)); };
  around.going = going_of(**session, clock);
  around.executor = &(*session)->executor();
  // Gone, and the terminal as it was, before anything else is printed.
  const std::optional<cli::Screen> screen =
      draws(options) ? std::make_optional<cli::Screen>() : std::nullopt;
  cli::Answer answer;
  const auto ask = [](kube::Client& client, cli::CliOptions asked, cli::Surroundings known,
                      cli::Answer& into) -> async::Task<void> {
    into = co_await cli::answer(client, std::move(asked), std::move(known));
  };
  (*session)->run(ask((*session)->client(), options, std::move(around), answer));
  return answer;
}

} // namespace

int main(int argc, char** argv) {
  const std::vector<const char*> line_of_words(argv, argv + argc);
  if (const auto words = cli::words_to_complete(line_of_words)) {
    cli::with_app([&](const CLI::App& app) {
      static_cast<void>(std::fputs(cli::completions(app, *words).c_str(), stdout));
    });
    return std::fflush(stdout) == 0 ? 0 : program::kExitFailure;
  }
  const auto line = cli::parse_command_line(argc, argv);
  if (line.end.ends)
    return program::print_end(line.end);
  const SystemClock clock;
  const cli::Paint paint{wants_colours(line.options.colour)};
  const cli::Answer answer = cli::needs_server(line.options)
                                 ? ask_server(line.options, clock)
                                 : cli::answer_locally(line.options, paint, onlooker());
  static_cast<void>(std::fputs(answer.out.c_str(), stdout)); // fflush tells
  static_cast<void>(std::fputs(answer.err.c_str(), stderr));
  return std::fflush(stdout) == 0 ? answer.exit_code : program::kExitFailure;
}
