#include "cli/operating_flags.hpp"

#include <CLI/CLI.hpp>

#include "cli/burst/decide.hpp"
#include "cli/duration.hpp"
#include "cli/reserve/decide.hpp"
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

constexpr const char* kBurstFooter =
    R"(The pool must allow bursts: its spec.burst. While one is on this adjusts it, and what is not named
stays; it never lasts longer than spec.burst.maxDurationSeconds from its start. It ends by itself,
with --end at once: what it let in stays, and nothing is added until that fits again.)";

constexpr const char* kReserveFooter =
    R"(Without --start and --schedule the capacity is held until the reservation is released. The
operator accepts a reservation that the pool's calendar has room for; --wait says whether it did,
and from when there would be room. For the kinds Conditional and Pooled write a manifest.)";

constexpr const char* kRecommendationsFooter =
    R"(apply sends the recommendation's own patch to its target, if the recommendation is valid and the
target is still the object that was looked at. The analyzer notices, and measures what came of it.)";

constexpr const char* kTopFooter =
    R"(MEASURED is what the metrics API says, ALLOCATED what Berth granted, USE the one in percent of the
other: little of it is capacity that nobody else gets. A - is not known. PODS 2/3: two of three were
measured.)";

constexpr const char* kCalendarFooter =
    R"(Times are UTC. A planned start is that of the first that waits in each quota, from the earliest to
the latest, under the pool that the quota prefers; of an AllocationRequest under its first pool. Of
one reservation 500 windows are shown; where there are more, it says until when.)";

constexpr const char* kMonitorFooter =
    R"(On a terminal the picture is drawn over the last one and cut to the size; Ctrl-C leaves. Elsewhere
one picture follows the other. When the API server does not answer, the last picture stays, with the
reason; only if the very first look fails does monitor end with an error.)";

constexpr const char* kExportFooter =
    R"(Numbers are whole, in the base unit: millicores of cpu, bytes of memory, counts of the rest. What is
not known is left out. OpenMetrics has the names of the operator's own metrics where it has them.)";

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

void add_list(CLI::App* command, const char* name, std::vector<std::string>& into,
              const char* text) {
  command->add_option(name, into, text)->allow_extra_args(false);
}

void add_burst(CLI::App* command, BurstOptions& options) {
  command->add_option("POOL", options.pool, "the ResourcePool")->required();
  CLI::Option* end = command->add_flag("--end", options.end, "end its burst now");
  command
      ->add_option("--for", options.duration,
                   "how long from now on, as 30m; default: as long as the pool allows")
      ->excludes(end);
  command
      ->add_option("--factor", options.factor,
                   "what may be charged, as 1.2; default: spec.burst.factorPercent")
      ->excludes(end);
  add_list(command, "--resource", options.resources,
           "of the nodes; may be given several times; default: cpu");
  command->get_option("--resource")->excludes(end);
  add_dry_run(command, options.dry_run);
  command->footer(footer(kBurstFooter));
}

void add_wait(CLI::App* command, bool& wait, std::string& timeout, const char* text) {
  CLI::Option* flag = command->add_flag("--wait", wait, text);
  command->add_option("--timeout", timeout, "with --wait: for how long, as 90s or 5m")
      ->capture_default_str()
      ->needs(flag);
}

void add_reserve(CLI::App* command, ReserveOptions& options) {
  command->add_option("NAME", options.name, "of the new Reservation")->required();
  command->add_option("--pool", options.pool, "the ResourcePool to hold capacity in")->required();
  command->add_option("--quota", options.quota, "the Quota that pays")->required();
  add_list(command, "--amount", options.amounts, "RESOURCE=QUANTITY; may be given several times");
  command->add_option("--nodes", options.nodes, "whole nodes instead")->check(CLI::Range(1, 1000));
  command->add_option("--start", options.start, "2026-11-21T22:00:00Z, or +30m from now");
  command->add_option("--schedule", options.schedule, "cron, for a window that comes again");
  command->add_option("--time-zone", options.time_zone, "of the schedule: Europe/Berlin");
  command->add_option("--for", options.duration, "how long the window is open, as 6h");
  add_list(command, "--allow-quota", options.allow_quotas,
           "whose work may use it; default: that of the Quota that pays");
  add_list(command, "--allow-namespace", options.allow_namespaces, "the same by namespace");
  command->add_option("--lead-time", options.lead_time, "how long before the start it is cleared");
  command->add_option("--overrun", options.overrun, "what becomes of its pods at the end")
      ->check(CLI::IsMember(std::vector<std::string>{"Evict", "Warn", "Allow"}));
  command->add_flag("--keep-idle", options.keep_idle, "do not lend what is idle");
  add_wait(command, options.wait, options.timeout, "wait until it is accepted or refused");
  command->add_flag("--active", options.until_active, "with --wait: until its window is open");
  command->footer(footer(kReserveFooter));
}

void add_recommendations(CLI::App* command, CliOptions& all) {
  RecommendationsOptions& options = all.recommendations;
  command->add_option("VERB", options.verb, "list or apply")
      ->check(CLI::IsMember(std::vector<std::string>{"list", "apply"}))
      ->capture_default_str();
  command->add_option("[NAMESPACE/]NAME", options.name, "the recommendation to apply");
  command->add_flag("--all", options.all, "list those that ended, too");
  add_dry_run(command, options.dry_run);
  add_watch(command, all);
  command->footer(footer(kRecommendationsFooter));
}

void add_top(CLI::App* command, TopOptions& options) {
  command->add_option("WHAT", options.what, "pools, quotas or workloads")
      ->check(CLI::IsMember(std::vector<std::string>{"pools", "quotas", "workloads"}))
      ->capture_default_str();
  command->add_option("--sort", options.sort, "cpu, memory or name: the most measured first")
      ->check(CLI::IsMember(std::vector<std::string>{"cpu", "memory", "name"}))
      ->capture_default_str();
  command->footer(footer(kTopFooter));
}

void add_calendar(CLI::App* command, CalendarOptions& options) {
  command->add_option("POOL", options.pool, "only this ResourcePool");
  command->add_option("--ahead", options.ahead, "how far to look, as 8h or 7d; 1h to 366d")
      ->capture_default_str();
  command->footer(footer(kCalendarFooter));
}

void add_monitor(CLI::App* command, MonitorOptions& options) {
  command->add_option("--interval", options.interval, "between two looks, as 2s or 5m; 1s to 1h")
      ->capture_default_str();
  command->add_option("--count", options.count, "end after so many pictures; 0: never")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  command->footer(footer(kMonitorFooter));
}

void add_export(CLI::App* command, CliOptions& options) {
  command->add_option("--format", options.export_format, "csv, json or openmetrics")
      ->check(CLI::IsMember(std::vector<std::string>{"csv", "json", "openmetrics"}))
      ->capture_default_str();
  command->footer(footer(kExportFooter));
}

struct Range {
  Duration least;
  Duration most;
  const char* words;
};

void check_duration(const char* flag, const std::string& text, const Range& range,
                    std::vector<std::string>& problems) {
  const auto read = parse_duration(text);
  if (!read)
    problems.push_back(std::string(flag) + ": " + read.error().message);
  else if (*read < range.least || *read > range.most)
    problems.push_back(std::string(flag) + ": must be " + range.words);
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

void check_burst(const BurstOptions& options, std::vector<std::string>& problems) {
  if (!options.duration.empty())
    if (const auto lasts = parse_duration(options.duration); !lasts)
      problems.push_back("--for: " + lasts.error().message);
  if (!options.factor.empty() && !parse_factor_percent(options.factor))
    problems.emplace_back("--factor: must be 1 to 3 with two decimals at most, as 1.2");
  for (const std::string& resource : options.resources)
    if (resource.empty() || resource.starts_with(resources::kVirtualResourcePrefix))
      problems.emplace_back("--resource: must be a resource of nodes, as cpu");
}

} // namespace

std::vector<std::string> operating_problems(const CliOptions& options) {
  std::vector<std::string> problems;
  if (options.command == Command::SetQuota)
    check_set_quota(options.set_quota, problems);
  if (options.command == Command::Burst)
    check_burst(options.burst, problems);
  if (options.command == Command::Reserve)
    problems = reserve_problems(options.reserve);
  if (options.watch && options.command == Command::Recommendations &&
      options.recommendations.verb == "apply")
    problems.emplace_back("--watch: only what is listed can be watched; apply it without");
  using namespace std::chrono_literals;
  check_duration("--ahead", options.calendar.ahead, {1h, std::chrono::days{366}, "1h to 366d"},
                 problems);
  check_duration("--interval", options.monitor.interval, {1s, 1h, "1s to 1h"}, problems);
  for (const std::string* timeout : {&options.reserve.timeout, &options.release.timeout})
    if (const auto read = parse_duration(*timeout); !read)
      problems.push_back("--timeout: " + read.error().message);
  return problems;
}

void add_watch(CLI::App* command, CliOptions& options) {
  command->add_flag("-w,--watch", options.watch,
                    "look again every 2 seconds; without a terminal write what differs");
}

void add_release_reservation(CLI::App* command, ReleaseOptions& options) {
  CLI::Option* name =
      command->add_option("RESERVATION", options.reservation, "a Reservation to delete");
  add_wait(command, options.wait, options.timeout, "with RESERVATION: wait until it is gone");
  for (const char* flag : {"--gates", "--finalizers"})
    name->excludes(command->get_option(flag));
  command->get_option("--wait")->needs(name);
}

void add_operating_commands(const AddCommand& add, CliOptions& options) {
  add(Command::Doctor, "doctor", "Examine an installation of Berth, and say what mends it")
      ->footer(footer(kDoctorFooter));
  add_set_quota(add(Command::SetQuota, "set-quota", "Change what a quota owns, borrows or lends"),
                options.set_quota);
  add_burst(add(Command::Burst, "burst", "Let more be charged to a pool for a while, or end that"),
            options.burst);
  add_reserve(add(Command::Reserve, "reserve", "Hold capacity of a pool: make a Reservation"),
              options.reserve);
  add_recommendations(add(Command::Recommendations, "recommendations",
                          "List what the analyzer recommends, or apply it"),
                      options);
  add_top(add(Command::Top, "top", "Show what is really used of what was granted"), options.top);
  add_calendar(add(Command::Calendar, "calendar", "Draw reservations and planned starts over time"),
               options.calendar);
  add_monitor(add(Command::Monitor, "monitor", "Watch pools, quotas and who waits, live"),
              options.monitor);
  add_export(add(Command::Export, "export", "Print the use of pools and quotas for other programs"),
             options);
}

} // namespace berth::cli
