#include "cli/simulate/reservation_fields.hpp"

#include "lib/simulator/scenario.hpp"

namespace berth::cli {
namespace {

using allocation::ReservationSpec;

constexpr YamlRange kStartSeconds{0, 365LL * 86'400};
constexpr YamlRange kDurationSeconds{1, 366LL * 86'400};
constexpr YamlRange kLeadTimeSeconds{0, 604'800};
constexpr YamlRange kNodeCount{1, simulator::kNodesMax};

Duration read_seconds(YamlFields& fields, const std::string& name, std::int64_t seconds,
                      YamlRange range) {
  fields.integer(name, seconds, range);
  return std::chrono::seconds{seconds};
}

/// A timetable in UTC: simulated days have no daylight saving.
void read_schedule(YamlFields& fields, Duration duration, ReservationSpec& spec) {
  std::string text;
  fields.text("schedule", text);
  auto schedule = allocation::CronSchedule::parse(text);
  if (schedule) {
    spec.window =
        allocation::RecurringWindow{std::move(*schedule), allocation::TimeZone::utc(), duration};
    return;
  }
  constexpr std::string_view kPrefix = "schedule: ";
  std::string why = schedule.error().message;
  if (why.starts_with(kPrefix))
    why.erase(0, kPrefix.size());
  fields.refuse("schedule", why);
}

void read_window(YamlFields& fields, ReservationSpec& spec) {
  std::string kind;
  fields.require("kind");
  fields.text("kind", kind);
  const Duration start = read_seconds(fields, "startSeconds", 0, kStartSeconds);
  const Duration duration = read_seconds(fields, "durationSeconds", 1, kDurationSeconds);
  if (kind == "Guaranteed") {
    for (const char* name : {"startSeconds", "durationSeconds", "schedule"})
      if (fields.has(name))
        fields.refuse(name, "is for the kind TimeWindow");
    return;
  }
  if (kind != "TimeWindow")
    return fields.refuse("kind", "must be Guaranteed or TimeWindow");
  fields.require("durationSeconds");
  if (fields.has("startSeconds") == fields.has("schedule"))
    return fields.refuse("kind", "TimeWindow needs either startSeconds or schedule");
  if (fields.has("schedule"))
    return read_schedule(fields, duration, spec);
  spec.window = allocation::SingleWindow{simulator::kScenarioStart + start, duration};
}

void read_amounts(YamlFields& fields, ReservationSpec& spec) {
  std::int64_t nodes = 1;
  fields.integer("nodeCount", nodes, kNodeCount);
  fields.amounts("resources", spec.amounts);
  if (fields.has("nodeCount") == fields.has("resources"))
    return fields.refuse("nodeCount", "either nodeCount or resources says how much");
  spec.node_count = fields.has("nodeCount") ? static_cast<std::int32_t>(nodes) : 0;
}

void read_users(YamlFields& fields, const std::set<QuotaName>& quotas, ReservationSpec& spec) {
  std::string payer;
  fields.require("quota");
  fields.text("quota", payer);
  spec.payer = QuotaName{payer};
  if (!payer.empty() && !quotas.contains(spec.payer))
    fields.refuse("quota", "no quota has this name");
  std::vector<std::string> allowed;
  fields.texts("allowedQuotas", allowed);
  for (const std::string& name : allowed) {
    spec.allowed_quotas.emplace_back(name);
    if (!quotas.contains(spec.allowed_quotas.back()))
      fields.refuse("allowedQuotas", "no quota has the name " + name);
  }
  if (allowed.empty())
    spec.allowed_quotas.push_back(spec.payer);
}

void read_overrun(YamlFields& fields, ReservationSpec& spec) {
  std::string overrun = "Evict";
  fields.text("overrun", overrun);
  if (overrun == "Warn")
    spec.overrun = allocation::Overrun::Warn;
  else if (overrun == "Allow")
    spec.overrun = allocation::Overrun::Allow;
  else if (overrun != "Evict")
    fields.refuse("overrun", "must be Evict, Warn or Allow");
}

} // namespace

ReservationSpec read_reservation(YamlFields& fields, const PoolName& pool,
                                 const std::set<QuotaName>& quotas) {
  ReservationSpec spec;
  spec.pool = pool;
  std::string name;
  fields.require("name");
  fields.text("name", name);
  spec.name = ReservationName{name};
  read_window(fields, spec);
  read_amounts(fields, spec);
  read_users(fields, quotas, spec);
  read_overrun(fields, spec);
  spec.lead_time = read_seconds(fields, "leadTimeSeconds", 300, kLeadTimeSeconds);
  spec.lend_idle = true;
  fields.boolean("lendIdle", spec.lend_idle);
  return spec;
}

} // namespace berth::cli
