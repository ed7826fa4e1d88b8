#include "cli/operating_flags.hpp"

#include <CLI/CLI.hpp>

namespace berth::cli {
namespace {

constexpr const char* kMore = "\n\nFlags of every command and exit codes: kubectl-berth --help";

constexpr const char* kDoctorFooter =
    R"(Looks at definitions, gate and guard, programs, the extender's endpoints, certificates, the
scheduler's configuration, the metrics API, your own rights, and objects that are not in order. Each
thing that is wrong has a line that says what mends it. What you may not read is "unknown". Exit
code 1 if there is an error; warnings alone are exit code 0.)";

std::string footer(const char* text) {
  return std::string(text) + kMore;
}

} // namespace

void add_operating_commands(const AddCommand& add, CliOptions&) {
  add(Command::Doctor, "doctor", "Examine an installation of Berth, and say what mends it")
      ->footer(footer(kDoctorFooter));
}

} // namespace berth::cli
