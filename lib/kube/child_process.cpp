#include "lib/kube/child_process.hpp"

#include <cerrno>
#include <cstring>
#include <set>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" char** environ; // NOLINT(readability-redundant-declaration)

namespace berth::kube {
namespace {

class FileDescriptor {
public:
  explicit FileDescriptor(int number) : number_(number) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }
  void reset() {
    if (number_ >= 0)
      ::close(number_);
    number_ = -1;
  }

private:
  int number_;
};

/// The entries of an argv or envp, kept alive.
struct StringTable {
  std::vector<std::string> texts;
  [[nodiscard]] std::vector<char*> pointers() {
    std::vector<char*> table;
    for (auto& text : texts)
      table.push_back(text.data());
    table.push_back(nullptr);
    return table;
  }
};

StringTable environment_of(const ChildProcess& child) {
  StringTable table;
  std::set<std::string> own;
  for (const auto& [name, value] : child.env) {
    own.insert(name);
    table.texts.push_back(name + '=' + value);
  }
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!own.contains(text.substr(0, text.find('='))))
      table.texts.push_back(text);
  }
  return table;
}

Result<pid_t> spawn(const ChildProcess& child, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  // Asio's sockets are not close-on-exec: the program must not hold our connections open.
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own, so that what it started is killed with it.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);

  StringTable arguments{{child.command}};
  arguments.texts.insert(arguments.texts.end(), child.args.begin(), child.args.end());
  StringTable environment = environment_of(child);
  pid_t process = 0;
  const int problem = ::posix_spawnp(&process, child.command.c_str(), &actions, &attributes,
                                     arguments.pointers().data(), environment.pointers().data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0)
    return fail(problem == ENOENT ? Code::NotFound : Code::Internal,
                "cannot run " + child.command + ": " + std::strerror(problem));
  return process;
}

using Deadline = std::chrono::steady_clock::time_point;

tl::unexpected<Error> too_slow(const ChildProcess& child) {
  return fail(Code::Timeout, child.command + " did not end in time");
}

/// Reads until the program closes its output, or a limit is passed.
Result<std::string> read_output(const ChildProcess& child, int input, Deadline deadline) {
  std::string output;
  std::vector<char> piece(std::size_t{16} << 10U);
  for (;;) {
    const auto left = std::chrono::ceil<Duration>(deadline - std::chrono::steady_clock::now());
    if (left <= Duration{0})
      return too_slow(child);
    pollfd waiting{input, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR)
      return fail(Code::Internal, child.command + ": " + std::strerror(errno));
    if (ready <= 0)
      continue;
    const ssize_t bytes = ::read(input, piece.data(), piece.size());
    if (bytes < 0 && errno == EINTR)
      continue;
    if (bytes < 0)
      return fail(Code::Internal, child.command + ": " + std::strerror(errno));
    if (bytes == 0)
      return output;
    output.append(piece.data(), static_cast<std::size_t>(bytes));
    if (output.size() > child.output_bytes_max)
      return fail(Code::TooLarge, child.command + " wrote more than " +
                                      std::to_string(child.output_bytes_max) + " bytes");
  }
}

/// The exit status of a program that closed its output and should be about to end.
Result<int> wait_for_end(const ChildProcess& child, pid_t process, Deadline deadline) {
  constexpr auto kPollInterval = std::chrono::milliseconds{5};
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(process, &status, WNOHANG);
    if (ended == process)
      return status;
    if (ended < 0 && errno != EINTR)
      return fail(Code::Internal, child.command + ": " + std::strerror(errno));
    if (std::chrono::steady_clock::now() >= deadline)
      return too_slow(child);
    std::this_thread::sleep_for(kPollInterval);
  }
}

void kill_group(pid_t process) {
  ::kill(-process, SIGKILL);
  while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
  }
}

} // namespace

Result<std::string> run_child(const ChildProcess& child) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return fail(Code::Internal, std::string("no pipe: ") + std::strerror(errno));
  const FileDescriptor reading(ends[0]);
  FileDescriptor writing(ends[1]);
  BERTH_TRY(const pid_t process, spawn(child, writing.get()));
  writing.reset();
  const auto deadline = std::chrono::steady_clock::now() + child.timeout;
  auto output = read_output(child, reading.get(), deadline);
  if (!output) {
    kill_group(process);
    return output;
  }
  const auto status = wait_for_end(child, process, deadline);
  if (!status) {
    kill_group(process);
    return fail(status.error());
  }
  if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0)
    return output;
  const std::string how = WIFEXITED(*status)
                              ? " ended with status " + std::to_string(WEXITSTATUS(*status))
                              : std::string(" was killed");
  return fail(Code::Internal, child.command + how);
}

} // namespace berth::kube
