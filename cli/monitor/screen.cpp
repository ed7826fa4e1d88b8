#include "cli/monitor/screen.hpp"

#include <csignal>
#include <cstdio>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

namespace berth::cli {
namespace {

constexpr std::string_view kEnter = "\033[?1049h\033[?25l\033[2J";
constexpr std::string_view kLeave = "\033[?25h\033[0m\033[?1049l";

/// Nothing but write(2) and _exit(2), so that signal handlers may call it.
void put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written <= 0)
      return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void listen(int number, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(number, &action, nullptr);
}

void leave_for_good(int) {
  put(kLeave);
  _exit(0);
}

/// Once the handler has returned, the signal does what it always does.
void leave_and_obey(int number) {
  put(kLeave);
  listen(number, SIG_DFL);
  raise(number);
}

void come_back(int) {
  put(kEnter);
  listen(SIGTSTP, leave_and_obey);
}

} // namespace

Screen::Screen() {
  listen(SIGINT, leave_for_good);
  listen(SIGTERM, leave_for_good);
  listen(SIGHUP, leave_and_obey);
  listen(SIGQUIT, leave_and_obey);
  listen(SIGTSTP, leave_and_obey);
  listen(SIGCONT, come_back);
  put(kEnter);
}

Screen::~Screen() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT})
    listen(number, SIG_DFL);
  put(kLeave);
}

std::optional<ScreenSize> screen_size() {
  if (isatty(STDOUT_FILENO) == 0)
    return std::nullopt;
  struct winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return ScreenSize{};
  return ScreenSize{size.ws_col, size.ws_row};
}

} // namespace berth::cli
