#include "cli/health/health.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "cli/output/table.hpp"
#include "lib/api/json.hpp"
#include "lib/api/labels.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::cli {
namespace {

constexpr const char* kOperatorLease = "berth-operator";
constexpr const char* kReadiness = "/readyz";
constexpr int kStatusOk = 200;

/// What a Lease says about who holds it.
struct Holding {
  std::string holder{};
  TimePoint renewed{};
  Duration lasts{0};
};

Result<Holding> read_lease(std::string_view lease) {
  BERTH_TRY(const api::Json object, api::parse_json(lease));
  const auto spec = object.is_object() ? object.find("spec") : object.end();
  if (spec == object.end() || !spec->is_object())
    return fail(Code::NotFound, "nobody has led yet");
  Holding holding;
  const auto text_at = [&](const char* name) {
    const auto found = spec->find(name);
    return found != spec->end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  holding.holder = text_at("holderIdentity");
  if (holding.holder.empty())
    return fail(Code::NotFound, "nobody leads: the Lease was given back");
  BERTH_TRY(holding.renewed, parse_time(text_at("renewTime")));
  const auto seconds = spec->find("leaseDurationSeconds");
  if (seconds != spec->end() && seconds->is_number_integer())
    holding.lasts = std::chrono::seconds{
        std::clamp<std::int64_t>(seconds->get<std::int64_t>(), 0, std::int64_t{24} * 3600)};
  return holding;
}

async::Task<HealthCheck> check_api(kube::Client& client) {
  const auto served = co_await client.get_raw("/apis/" + std::string(api::kApiVersion));
  HealthCheck check{"API", served.has_value(), std::string(api::kApiVersion) + " is served"};
  if (!served)
    check.message = served.error().code == Code::NotFound
                        ? std::string(api::kApiVersion) + " is not served"
                        : served.error().message;
  co_return check;
}

async::Task<HealthCheck> check_operator(kube::Client& client, std::string ns, TimePoint now) {
  const kube::ObjectKey key{std::move(ns), kOperatorLease};
  const auto lease = co_await client.get(kube::types::lease(), key);
  if (lease)
    co_return check_lease(*lease, now);
  std::string message = lease.error().code == Code::NotFound
                            ? "there is no Lease " + to_string(key) + ": nobody has led yet"
                            : lease.error().message;
  HealthCheck check{"operator", false, std::move(message)};
  co_return check;
}

async::Task<HealthCheck> check_extender(std::string url, GetStatus get_status) {
  std::string asked = url + kReadiness;
  const auto status = co_await get_status(std::move(asked));
  HealthCheck check{"extender", status && *status == kStatusOk, url + " is ready"};
  if (!status)
    check.message = url + ": " + status.error().message;
  else if (*status != kStatusOk)
    check.message = url + " answers " + std::to_string(*status) + ": it is not ready";
  co_return check;
}

} // namespace

async::Task<std::vector<HealthCheck>> check_health(kube::Client& client, HealthOptions options,
                                                   GetStatus get_status, TimePoint now) {
  std::vector<HealthCheck> checks;
  checks.push_back(co_await check_api(client));
  checks.push_back(co_await check_operator(client, options.ns, now));
  if (!options.extender_url.empty())
    checks.push_back(co_await check_extender(options.extender_url, std::move(get_status)));
  co_return checks;
}

HealthCheck check_lease(std::string_view lease, TimePoint now) {
  HealthCheck check{"operator", false, ""};
  const auto holding = read_lease(lease);
  if (!holding) {
    check.message = holding.error().message;
    return check;
  }
  const Duration age = now - holding->renewed;
  check.works = -holding->lasts <= age && age <= holding->lasts;
  check.message = check.works ? holding->holder + " leads, and renewed its Lease " +
                                    format_duration(age) + " ago"
                              : "nobody leads: " + holding->holder + " renewed its Lease at " +
                                    format_time(holding->renewed) + " for the last time";
  return check;
}

bool all_work(const std::vector<HealthCheck>& checks) {
  return std::ranges::all_of(checks, &HealthCheck::works);
}

std::string render_health(const std::vector<HealthCheck>& checks, const Paint& paint) {
  Table table({"PART", "STATE", "MESSAGE"});
  for (const HealthCheck& check : checks)
    table.add({check.part,
               Cell{check.works ? "works" : "fails", check.works ? Colour::Good : Colour::Bad},
               check.message});
  return table.str(paint);
}

nlohmann::json health_json(const std::vector<HealthCheck>& checks) {
  nlohmann::json parts = nlohmann::json::array();
  for (const HealthCheck& check : checks)
    parts.push_back({{"part", check.part}, {"works", check.works}, {"message", check.message}});
  return {{"works", all_work(checks)}, {"parts", std::move(parts)}};
}

} // namespace berth::cli
