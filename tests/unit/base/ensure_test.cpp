#include <catch2/catch.hpp>

#include <array>
#include <csignal>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/ensure.hpp"

namespace {

struct Death {
  int signal = 0;
  std::string said;
};

/// Runs ensure(false, why) in a child and returns how it died and what it wrote.
Death die_of(const char* why) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    ::dup2(ends[1], STDERR_FILENO);
    berth::ensure(false, why);
    ::_exit(0);
  }
  ::close(ends[1]);
  Death death;
  std::array<char, 512> buffer{};
  for (ssize_t got = 0; (got = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
    death.said.append(buffer.data(), static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  death.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return death;
}

} // namespace

TEST_CASE("a broken invariant kills the process and says why and where") {
  const Death death = die_of("the ledger is never negative");
  CHECK(death.signal == SIGABRT);
  CHECK(death.said.find("the ledger is never negative") != std::string::npos);
  CHECK(death.said.find("ensure_test.cpp") != std::string::npos);
}

TEST_CASE("a kept invariant costs nothing") {
  berth::ensure(true, "never printed");
}
