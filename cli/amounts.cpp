#include "cli/amounts.hpp"

#include <nlohmann/json.hpp>

#include "lib/base/timestamp.hpp"

namespace berth::cli {

std::string shown(const resources::ResourceName& name,
                  const std::optional<resources::Amount>& amount) {
  return amount ? resources::format_amount(name, *amount) : "-";
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
