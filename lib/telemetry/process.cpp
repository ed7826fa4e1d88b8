#include "lib/telemetry/process.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace berth::telemetry {
namespace {

/// Field `number` (from 1, see proc_pid_stat(5)) of /proc/self/stat, or -1.
double stat_field(int number) {
  std::ifstream file("/proc/self/stat");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto name_end = text.rfind(')'); // the second field may have spaces
  if (name_end == std::string::npos)
    return -1;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int at = 3; at < number; ++at)
    fields >> skipped;
  double value = -1;
  return fields >> value ? value : -1;
}

/// When the system was started, in Unix time; 0 if unknown.
double boot_time_seconds() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double seconds = 0;
    if (word == "btime" && file >> seconds)
      return seconds;
  }
  return 0;
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

} // namespace

void refresh_process(ProcessMetrics& metrics) {
  constexpr int kStartTicks = 22;
  constexpr int kResidentPages = 24;
  const double start_ticks = stat_field(kStartTicks);
  const double boot = boot_time_seconds();
  if (start_ticks >= 0 && boot > 0)
    metrics.start_time_seconds.set(boot +
                                   start_ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)));
  if (const double pages = stat_field(kResidentPages); pages >= 0)
    metrics.resident_memory_bytes.set(pages * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0)
    metrics.cpu_seconds.set_total(seconds_of(used.ru_utime) + seconds_of(used.ru_stime));
  std::error_code unreadable;
  double open = 0;
  for (std::filesystem::directory_iterator file("/proc/self/fd", unreadable), end;
       !unreadable && file != end; file.increment(unreadable))
    ++open;
  if (!unreadable)
    metrics.open_fds.set(open);
}

} // namespace berth::telemetry
