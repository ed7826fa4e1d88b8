#include "cli/amounts.hpp"

#include <nlohmann/json.hpp>

#include "lib/base/timestamp.hpp"

namespace berth::cli {
namespace {

/// What an amount is rounded to, so that two or three digits are left; 1 for counts.
std::int64_t rough_step(const resources::ResourceName& name, std::int64_t value) {
  constexpr std::int64_t kMebi = std::int64_t{1} << 20U;
  constexpr std::int64_t kGibi = std::int64_t{1} << 30U;
  if (name == resources::ResourceName::cpu())
    return value < 1000 ? 1 : value < 10'000 ? 100 : 1000;
  if (name == resources::ResourceName::memory())
    return value < kMebi ? 1 : value < 10 * kGibi ? kMebi : kGibi;
  return 1;
}

} // namespace

std::string shown(const resources::ResourceName& name,
                  const std::optional<resources::Amount>& amount) {
  return amount ? resources::format_amount(name, *amount) : "-";
}

std::string shown_roughly(const resources::ResourceName& name,
                          const std::optional<resources::Amount>& amount) {
  if (!amount)
    return "-";
  const std::int64_t step = rough_step(name, amount->value());
  const std::int64_t steps = amount->value() / step + (amount->value() % step * 2 >= step ? 1 : 0);
  return shown(name, resources::Amount{steps * step});
}

nlohmann::json to_json(const resources::ResourceName& name,
                       const std::optional<resources::Amount>& amount) {
  return amount ? nlohmann::json(resources::format_amount(name, *amount)) : nlohmann::json();
}

std::string number_or_dash(const std::optional<std::int64_t>& number) {
  return number ? std::to_string(*number) : "-";
}

nlohmann::json number_or_null(const std::optional<std::int64_t>& number) {
  return number ? nlohmann::json(*number) : nlohmann::json();
}

nlohmann::json to_json(const resources::ResourceVector& amounts) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, amount] : amounts)
    json[std::string(name.str())] = resources::format_amount(name, amount);
  return json;
}

nlohmann::json to_json(const std::optional<TimePoint>& time) {
  return time ? nlohmann::json(format_time(*time)) : nlohmann::json();
}

std::string request_text(resources::ResourceVector requests) {
  requests.set(resources::ResourceName::pods(), resources::Amount{});
  requests.drop_zeros();
  return to_string(requests);
}

} // namespace berth::cli
