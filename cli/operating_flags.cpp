#include "cli/operating_flags.hpp"

#include <CLI/CLI.hpp>

#include "lib/resources/quantity.hpp"

namespace berth::cli {
namespace {

constexpr const char* kMore = "\n\nFlags of every command and exit codes: kubectl-berth --help";

constexpr const char* kDoctorFooter =
    R"(Looks at definitions, gate and guard, programs, the extender's endpoints, certificates, the
scheduler's configuration, the metrics API, your own rights, and objects that are not in order. Each
thing that is wrong has a line that says what mends it. What you may not read is "unknown". Exit
code 1 if there is an error; warnings alone are exit code 0.)";

constexpr const char* kSetQuotaFooter =
    R"(Only the amounts that are named change, and only if nobody else changed the same entry meanwhile:
then it is looked at again. What the operator writes to the status is no hindrance. Work that runs
stays, also above a lowered quota, unless spec.preemption of the Quota says otherwise.)";

std::string footer(const char* text) {
  return std::string(text) + kMore;
}

void add_dry_run(CLI::App* command, bool& dry_run) {
  command
      ->add_option_function<std::string>(
          "--dry-run", [&dry_run](const std::string&) { dry_run = true; },
          "let the API server check it, and change nothing")
      ->check(CLI::IsMember(std::vector<std::string>{"server"}));
}

void add_set_quota(CLI::App* command, SetQuotaOptions& options) {
  command->add_option("QUOTA", options.quota, "the Quota to change")->required();
  command->add_option("--pool", options.pool, "its pool; default: the only one that it has");
  command->add_option("--resource", options.resource, "the resource: cpu, memory, nvidia.com/gpu")
      ->required();
  command->add_option("--nominal", options.nominal, "what it owns: a quantity, as 40 or 64Gi");
  command->add_option("--borrowing-limit", options.borrowing_limit,
                      "what it may use beyond that: a quantity, or unlimited");
  command->add_option("--lending-limit", options.lending_limit,
                      "what others may use of it while it is idle: a quantity, or unlimited");
  add_dry_run(command, options.dry_run);
  command->footer(footer(kSetQuotaFooter));
}

bool is_amount(const std::string& text) {
  const auto quantity = resources::Quantity::parse(text);
  return quantity && !quantity->is_negative();
}

void check_set_quota(const SetQuotaOptions& options, std::vector<std::string>& problems) {
  if (!options.nominal && !options.borrowing_limit && !options.lending_limit)
    problems.emplace_back(
        "set-quota: name at least one of --nominal, --borrowing-limit and --lending-limit");
  if (options.nominal && !is_amount(*options.nominal))
    problems.emplace_back("--nominal: must be a quantity of at least 0, as 40 or 64Gi");
  for (const auto& [flag, limit] : {std::pair{"--borrowing-limit", &options.borrowing_limit},
                                    std::pair{"--lending-limit", &options.lending_limit}})
    if (*limit && **limit != kUnlimited && !is_amount(**limit))
      problems.push_back(std::string(flag) +
                         ": must be a quantity of at least 0, as 40 or 64Gi, or unlimited");
}

} // namespace

std::vector<std::string> operating_problems(const CliOptions& options) {
  std::vector<std::string> problems;
  if (options.command == Command::SetQuota)
    check_set_quota(options.set_quota, problems);
  return problems;
}

void add_operating_commands(const AddCommand& add, CliOptions& options) {
  add(Command::Doctor, "doctor", "Examine an installation of Berth, and say what mends it")
      ->footer(footer(kDoctorFooter));
  add_set_quota(add(Command::SetQuota, "set-quota", "Change what a quota owns, borrows or lends"),
                options.set_quota);
}

} // namespace berth::cli
