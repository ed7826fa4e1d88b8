#include "lib/api/pushed_usage.hpp"

#include "lib/api/describe.hpp"

namespace berth::api {
namespace {

constexpr JsonLimits kLimits{.text_bytes_max = kPushedUsageBytesMax, .depth_max = 3};

} // namespace

void describe(FieldReader& fields, PushedUsage& usage) {
  fields.required("measuredAt", usage.measured_at);
  fields.required("used", usage.used);
  if (usage.used.size() > kPushedNamesMax)
    fields.refuse("used", "has more than " + std::to_string(kPushedNamesMax) + " names");
  for (const auto& [name, amount] : usage.used)
    if (name.empty() || amount.is_negative())
      fields.refuse("used", name.empty() ? "has an empty name" : name + " is negative");
}

Result<PushedUsage> decode_pushed_usage(std::string_view text) {
  BERTH_TRY(const Json value, parse_json(text, kLimits));
  return detail::decode_value<PushedUsage>(value, "");
}

PushedUsageRead read_pushed_usage(const std::map<std::string, std::string>& annotations) {
  const auto text = annotations.find(std::string(annotation::kUsage));
  if (text == annotations.end())
    return {};
  auto usage = decode_pushed_usage(text->second);
  if (!usage)
    return {std::nullopt, usage.error().message};
  return {*std::move(usage), {}};
}

} // namespace berth::api
