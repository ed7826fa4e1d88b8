#include "lib/decision_log/objects.hpp"

#include <array>

#include "lib/decision_log/codec.hpp"
#include "lib/decision_log/log_reader.hpp"

namespace berth::decision_log {
namespace {

constexpr std::array<std::string_view, kKinds> kKindNames{
    "Node",        "Pod",    "Pool",           "Quota",   "Namespace",
    "Reservation", "Policy", "NamespaceQuota", "Setting", "Memory"};

std::optional<Kind> kind_from(const std::string& name) {
  for (int i = 0; i < kKinds; ++i)
    if (kKindNames[static_cast<std::size_t>(i)] == name)
      return static_cast<Kind>(i);
  return std::nullopt;
}

/// Calls visit(name, field) for every setting until it says true.
template <class Self, class Visit>
bool visit_settings(Self& policy, Visit&& visit) {
  std::string_view names = Fields<allocation::Policy>::kNames;
  const auto take = [&](auto& field) {
    const std::string_view name = take_name(names);
    if constexpr (std::same_as<std::remove_cvref_t<decltype(field)>,
                               decltype(allocation::Policy::memory)>)
      return false;
    else
      return visit(name, field);
  };
  return std::apply([&](auto&... fields) { return (take(fields) || ...); },
                    Fields<allocation::Policy>::tie(policy));
}

template <class T>
Result<Object> read_object(const Json& json, Decoder& decoder) {
  BERTH_TRY(T value, decoder.decode<T>(json));
  return Object{std::move(value)};
}

Result<Object> read_object(Kind kind, const std::string& id, const Json& json,
                           const api::FindTimeZone& find_zone) {
  Decoder decoder(find_zone);
  switch (kind) {
  case Kind::Node: return read_object<allocation::NodeView>(json, decoder);
  case Kind::Pod: return read_object<allocation::PodView>(json, decoder);
  case Kind::Pool: return read_object<allocation::PoolSpec>(json, decoder);
  case Kind::Quota: return read_object<allocation::QuotaSpec>(json, decoder);
  case Kind::Namespace: return read_object<allocation::NamespaceView>(json, decoder);
  case Kind::Reservation: return read_object<allocation::ReservationSpec>(json, decoder);
  case Kind::Policy: return read_object<allocation::PolicySpec>(json, decoder);
  case Kind::NamespaceQuota: return read_object<allocation::NamespaceQuota>(json, decoder);
  case Kind::Setting: return Object{SettingValue{id, api::to_text(json)}};
  case Kind::Memory: return read_object<allocation::AllocationMemory>(json, decoder);
  }
  return fail(Code::Internal, "no kind has this number");
}

} // namespace

std::string_view to_string(Kind kind) {
  return kKindNames[static_cast<std::size_t>(kind)];
}

std::string text_of(const allocation::NodeView& node) {
  return api::to_text(encode(node));
}
std::string text_of(const allocation::PodView& pod) {
  return api::to_text(encode(pod));
}
std::string text_of(const allocation::PoolSpec& pool) {
  return api::to_text(encode(pool));
}
std::string text_of(const allocation::QuotaSpec& quota) {
  return api::to_text(encode(quota));
}
std::string text_of(const allocation::NamespaceView& name_space) {
  return api::to_text(encode(name_space));
}
std::string text_of(const allocation::ReservationSpec& reservation) {
  return api::to_text(encode(reservation));
}
std::string text_of(const allocation::PolicySpec& policy) {
  return api::to_text(encode(policy));
}
std::string text_of(const allocation::NamespaceQuota& quota) {
  return api::to_text(encode(quota));
}
std::string text_of(const allocation::AllocationMemory& memory) {
  return api::to_text(encode(memory));
}

std::vector<Setting> settings_of(const allocation::Policy& policy) {
  std::vector<Setting> settings;
  visit_settings(policy, [&](std::string_view name, const auto& field) {
    settings.push_back({name, is_blank(field) ? std::string{} : api::to_text(encode(field))});
    return false;
  });
  return settings;
}

std::string change_line(Kind kind, std::string_view id, const std::string* text) {
  const Json head = {{text == nullptr ? "gone" : "put", std::string(to_string(kind))},
                     {"id", std::string(id)}};
  std::string line = api::to_text(head);
  if (text == nullptr)
    return line;
  line.pop_back();
  return line + ",\"is\":" + *text + "}";
}

Result<Change> read_change(std::string_view line, const api::FindTimeZone& find_zone) {
  api::JsonLimits limits;
  limits.text_bytes_max = kLineBytesMax;
  BERTH_TRY(const Json json, api::parse_json(line, limits));
  const bool is_put = json.is_object() && json.contains("put");
  const char* const verb = is_put ? "put" : "gone";
  if (!json.is_object() || !json.contains(verb) || !json[verb].is_string() ||
      !json.contains("id") || !json["id"].is_string() || json.contains("is") != is_put)
    return fail(Code::Invalid, "is neither a \"put\" nor a \"gone\" of an object");
  const auto kind = kind_from(json[verb].get<std::string>());
  if (!kind)
    return fail(Code::Invalid, "\"" + json[verb].get<std::string>() + "\" is no kind of object");
  Change change{*kind, json["id"].get<std::string>(), {}};
  if (!is_put)
    return change;
  auto object = read_object(*kind, change.id, json["is"], find_zone);
  if (!object)
    return fail(Code::Invalid, std::string(to_string(*kind)) + " \"" + change.id +
                                   "\": " + object.error().message);
  change.now = *std::move(object);
  return change;
}

Result<void> apply_setting(const SettingValue& setting, allocation::Policy& policy) {
  BERTH_TRY(const Json json, api::parse_json(setting.json, {kLineBytesMax}));
  std::optional<Error> fault;
  const bool is_known = visit_settings(policy, [&](std::string_view name, auto& field) {
    if (name != setting.name)
      return false;
    // No setting holds a time zone.
    const api::FindTimeZone no_zones = [](std::string_view zone) {
      return fail(Code::Invalid, "no time zone is expected: " + std::string(zone));
    };
    Decoder decoder(no_zones);
    auto read = decoder.decode<std::remove_cvref_t<decltype(field)>>(json);
    if (read)
      field = *std::move(read);
    else
      fault = Error{Code::Invalid, "setting " + setting.name + ": " + read.error().message, {}};
    return true;
  });
  if (!is_known)
    return fail(Code::Invalid, "there is no setting \"" + setting.name + "\"");
  if (fault)
    return fail(*fault);
  return {};
}

void reset_setting(std::string_view name, allocation::Policy& policy) {
  visit_settings(policy, [&](std::string_view field_name, auto& field) {
    if (field_name == name)
      field = fresh<std::remove_cvref_t<decltype(field)>>();
    return field_name == name;
  });
}

} // namespace berth::decision_log
