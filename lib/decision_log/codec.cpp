#include "lib/decision_log/codec.hpp"

namespace berth::decision_log {

bool Decoder::read_special(const Json& json, resources::Amount& out) {
  if (json.is_string() && json.get_ref<const std::string&>() == "unlimited") {
    out = resources::Amount::unlimited();
    return true;
  }
  std::int64_t value = 0;
  if (!read_number(json, value))
    return false;
  out = resources::Amount{value};
  return true;
}

bool Decoder::read_special(const Json& json, resources::ResourceVector& out) {
  if (!json.is_object())
    return refuse("is not an object");
  for (const auto& [name, amount] : json.items()) {
    resources::Amount value;
    if (!inside(name, read_special(amount, value)))
      return false;
    out.set(resources::ResourceName{name}, value);
  }
  return true;
}

bool Decoder::read_special(const Json& json, allocation::Labels& out) {
  if (!json.is_object())
    return refuse("is not an object");
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string())
      return inside(key, refuse("is not text"));
    out.set(key, value.get<std::string>());
  }
  return true;
}

bool Decoder::read_special(const Json& json, allocation::ShapePtr& out) {
  allocation::PodShape shape;
  if (!read_fields(json, shape))
    return false;
  out = allocation::ShapePtr{std::move(shape)};
  return true;
}

bool Decoder::read_special(const Json& json, allocation::WindowRule& out) {
  if (!json.is_object())
    return refuse("is not an object");
  if (json.empty()) {
    out = allocation::AlwaysOpen{};
    return true;
  }
  if (const auto triggered = json.find("triggered"); triggered != json.end())
    return json.size() == 1
               ? inside("triggered",
                        read_fields(*triggered, out.emplace<allocation::TriggeredWindow>()))
               : refuse("has fields that this version does not know");
  const auto text = [&](const char* name) {
    const auto at = json.find(name);
    return at != json.end() && at->is_string() ? at->get<std::string>() : std::string{};
  };
  if (!json.contains("schedule"))
    return read_fields(json, out.emplace<allocation::SingleWindow>());
  auto schedule = allocation::CronSchedule::parse(text("schedule"));
  if (!schedule)
    return inside("schedule", refuse(schedule.error().message));
  auto zone = find_zone_(text("zone"));
  if (!zone)
    return inside("zone", refuse(zone.error().message));
  const auto lasts = json.find("duration");
  if (lasts == json.end())
    return inside("duration", refuse("is missing"));
  Duration duration{};
  if (!inside("duration", read(*lasts, duration)))
    return false;
  out = allocation::RecurringWindow{*std::move(schedule), *std::move(zone), duration};
  return true;
}

} // namespace berth::decision_log
