#pragma once
// The values of the core as JSON and back, by the lists of fields.hpp. What is empty, zero or false
// is left out, and read back as that and not as a member's default, so that a log means the same
// when defaults change. Only the .cpp files of this folder include it; others use objects.hpp.

#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "lib/api/json.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/decision_log/fields.hpp"
#include "lib/decision_log/words.hpp"

namespace berth::decision_log {

using api::Json;

template <class T>
concept NameLike = std::same_as<T, std::string> || requires(const T& name) {
  { name.str() } -> std::convertible_to<std::string_view>;
};
template <class T>
concept Ticks = std::same_as<T, Duration> || std::same_as<T, TimePoint>;
template <class T>
concept Table = requires { typename T::mapped_type; };
/// Written as a list.
template <class T>
concept Set = !Table<T> && requires { typename T::key_compare; };
template <class T>
concept Plural = !NameLike<T> && !Table<T> &&
                 requires(T list) { list.emplace_back(std::declval<typename T::value_type>()); };
template <class T>
concept Optional = requires(const T& value) {
  { value.has_value() } -> std::same_as<bool>;
};
template <class T>
inline constexpr bool kIsPair = false;
template <class A, class B>
inline constexpr bool kIsPair<std::pair<A, B>> = true;

/// The first name of "a, b, c", which goes from the front.
inline std::string_view take_name(std::string_view& names) {
  const auto comma = names.find(',');
  const std::string_view name = names.substr(0, comma);
  names = comma == std::string_view::npos ? std::string_view{} : names.substr(comma + 1);
  const auto first = names.find_first_not_of(' ');
  names.remove_prefix(first == std::string_view::npos ? names.size() : first);
  return name;
}

/// Whether a field with the value is left out.
template <class T>
bool is_blank(const T& value) {
  if constexpr (std::is_arithmetic_v<T> || Ticks<T>)
    return value == T{};
  else if constexpr (std::same_as<T, resources::Amount>)
    return value.is_zero();
  else if constexpr (Optional<T>)
    return !value.has_value();
  else if constexpr (requires { value.empty(); } && !Listed<T>)
    return value.empty();
  else
    return false;
}

template <class T>
T fresh() {
  if constexpr (kIsPair<T>)
    return T{fresh<typename T::first_type>(), fresh<typename T::second_type>()};
  else if constexpr (std::same_as<T, resources::ResourceName>)
    return resources::ResourceName{std::string_view{}};
  else if constexpr (std::same_as<T, allocation::QuotaAmount>)
    return allocation::QuotaAmount{fresh<resources::ResourceName>()};
  else
    return T{};
}

template <class Key>
std::string text_of(const Key& key) {
  if constexpr (std::same_as<Key, std::string>)
    return key;
  else
    return std::string(key.str());
}

template <class T>
Json encode(const T& value);

/// Pods, workloads and reservations of a plan are named, explanations are written out.
template <class T>
Json encode_shared(const T& value) {
  if constexpr (std::same_as<T, allocation::PodView>)
    return value.uid.str();
  else if constexpr (std::same_as<T, allocation::Workload>)
    return value.id.str();
  else if constexpr (std::same_as<T, allocation::ReservationSpec>)
    return value.name.str();
  else
    return encode(value);
}

inline Json encode_window(const allocation::WindowRule& rule) {
  if (const auto* single = std::get_if<allocation::SingleWindow>(&rule))
    return encode(*single);
  if (const auto* recurring = std::get_if<allocation::RecurringWindow>(&rule))
    return {{"schedule", recurring->schedule.text()},
            {"zone", recurring->zone->name()},
            {"duration", recurring->duration.count()}};
  if (const auto* triggered = std::get_if<allocation::TriggeredWindow>(&rule))
    return {{"triggered", encode(*triggered)}};
  return Json::object(); // always open
}

template <class T>
Json encode_fields(const T& value) {
  Json object = Json::object();
  std::string_view names = Fields<T>::kNames;
  const auto put = [&](const auto& field) {
    const std::string_view name = take_name(names);
    if (is_blank(field))
      return;
    Json written = encode(field);
    if (!Listed<std::remove_cvref_t<decltype(field)>> || !written.empty())
      object[std::string(name)] = std::move(written);
  };
  std::apply([&](const auto&... fields) { (put(fields), ...); }, Fields<T>::tie(value));
  return object;
}

template <class T>
Json encode_table(const T& table) {
  if constexpr (NameLike<typename T::key_type>) {
    Json object = Json::object();
    for (const auto& [key, value] : table)
      object[text_of(key)] = encode(value);
    return object;
  } else {
    Json list = Json::array();
    for (const auto& [key, value] : table)
      list.push_back(Json::array({encode(key), encode(value)}));
    return list;
  }
}

template <class T>
// NOLINTNEXTLINE(readability-function-cognitive-complexity): a branch for each kind of type
Json encode(const T& value) {
  if constexpr (std::is_arithmetic_v<T>) {
    return value;
  } else if constexpr (std::is_enum_v<T>) {
    return std::string(word_of(value));
  } else if constexpr (NameLike<T>) {
    return text_of(value);
  } else if constexpr (std::same_as<T, TimePoint>) {
    return value.time_since_epoch().count();
  } else if constexpr (std::same_as<T, Duration>) {
    return value.count();
  } else if constexpr (std::same_as<T, resources::Amount>) {
    return value.is_unlimited() ? Json("unlimited") : Json(value.value());
  } else if constexpr (std::same_as<T, resources::ResourceVector>) {
    Json object = Json::object();
    for (const auto& [name, amount] : value)
      object[std::string(name.str())] = encode(amount);
    return object;
  } else if constexpr (std::same_as<T, allocation::Labels>) {
    Json object = Json::object();
    for (const auto& [key, text] : value)
      object[key] = text;
    return object;
  } else if constexpr (std::same_as<T, allocation::ShapePtr>) {
    return encode(*value);
  } else if constexpr (std::same_as<T, allocation::WindowRule>) {
    return encode_window(value);
  } else if constexpr (Optional<T>) {
    return value ? encode(*value) : Json();
  } else if constexpr (Listed<T>) {
    return encode_fields(value);
  } else if constexpr (kIsPair<T>) {
    return Json::array({encode(value.first), encode(value.second)});
  } else if constexpr (Table<T>) {
    return encode_table(value);
  } else if constexpr (Plural<T> || Set<T>) {
    Json list = Json::array();
    for (const auto& item : value)
      list.push_back(encode(item));
    return list;
  } else {
    return value == nullptr ? Json() : encode_shared(*value);
  }
}

/// Reads what encode() wrote; the first fault ends it and is told with its path.
class Decoder {
public:
  explicit Decoder(const api::FindTimeZone& find_zone) : find_zone_(find_zone) {}

  template <class T>
  [[nodiscard]] Result<T> decode(const Json& json) {
    T value = fresh<T>();
    if (!read(json, value))
      return fail(Code::Invalid, (path_.empty() ? "" : path_ + ": ") + why_);
    return value;
  }

private:
  bool refuse(std::string why) {
    why_ = std::move(why);
    return false;
  }
  bool inside(std::string_view name, bool is_read) {
    if (!is_read)
      path_ = path_.empty() ? std::string(name) : std::string(name) + "." + path_;
    return is_read;
  }

  template <class T>
  // NOLINTNEXTLINE(readability-function-cognitive-complexity): a branch for each kind of type
  bool read(const Json& json, T& out) {
    if constexpr (std::same_as<T, bool>) {
      if (!json.is_boolean())
        return refuse("is not true or false");
      out = json.get<bool>();
      return true;
    } else if constexpr (std::is_arithmetic_v<T>) {
      return read_number(json, out);
    } else if constexpr (std::is_enum_v<T>) {
      const auto known =
          json.is_string() ? from_word(json.get_ref<const std::string&>(), T{}) : std::nullopt;
      if (!known)
        return refuse("is a word that this version does not know");
      out = *known;
      return true;
    } else if constexpr (NameLike<T>) {
      if (!json.is_string())
        return refuse("is not text");
      out = T{json.get_ref<const std::string&>()};
      return true;
    } else if constexpr (Ticks<T>) {
      std::int64_t count = 0;
      out = T{Duration{read_number(json, count) ? count : 0}};
      return json.is_number_integer() || refuse("is not a time in milliseconds");
    } else if constexpr (Optional<T>) {
      return read(json, out.emplace(fresh<typename T::value_type>()));
    } else if constexpr (Listed<T>) {
      return read_fields(json, out);
    } else if constexpr (kIsPair<T>) {
      if (!json.is_array() || json.size() != 2)
        return refuse("is not a pair");
      return read(json[0], out.first) && read(json[1], out.second);
    } else if constexpr (Table<T>) {
      return read_table(json, out);
    } else if constexpr (Set<T>) {
      std::vector<typename T::value_type> items;
      const bool is_read = read(json, items);
      out = T(items.begin(), items.end());
      return is_read;
    } else if constexpr (Plural<T>) {
      if (!json.is_array())
        return refuse("is not a list");
      for (const Json& item : json)
        if (!read(item, out.emplace_back(fresh<typename T::value_type>())))
          return false;
      return true;
    } else {
      return read_special(json, out);
    }
  }

  template <class T>
  bool read_number(const Json& json, T& out) {
    const bool fits =
        json.is_number_unsigned()
            ? json.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<T>::max())
            : json.is_number_integer() && std::is_signed_v<T> &&
                  json.get<std::int64_t>() >=
                      static_cast<std::int64_t>(std::numeric_limits<T>::min()) &&
                  json.get<std::int64_t>() <=
                      static_cast<std::int64_t>(std::numeric_limits<T>::max());
    if (!fits)
      return refuse("is not a whole number in its range");
    out = json.get<T>();
    return true;
  }

  template <class T>
  bool read_fields(const Json& json, T& out) {
    if (!json.is_object())
      return refuse("is not an object");
    std::string_view names = Fields<T>::kNames;
    std::size_t known = 0;
    const auto take = [&](auto& field) {
      const std::string_view name = take_name(names);
      const auto at = json.find(std::string(name));
      if (at == json.end()) {
        using Field = std::remove_cvref_t<decltype(field)>;
        field = fresh<Field>();
        if constexpr (Listed<Field>)
          return inside(name, read_fields(Json::object(), field));
        else
          return is_blank(field) || inside(name, refuse("is missing"));
      }
      ++known;
      return inside(name, read(*at, field));
    };
    const bool is_read =
        std::apply([&](auto&... fields) { return (take(fields) && ...); }, Fields<T>::tie(out));
    return is_read &&
           (known == json.size() || refuse("has fields that this version does not know"));
  }

  template <class T>
  bool read_table(const Json& json, T& out) {
    using Key = typename T::key_type;
    using Value = typename T::mapped_type;
    out.clear();
    if constexpr (NameLike<Key>) {
      if (!json.is_object())
        return refuse("is not an object");
      for (const auto& [key, item] : json.items())
        if (!inside(key, read(item, out.emplace(Key{key}, fresh<Value>()).first->second)))
          return false;
      return true;
    } else {
      std::vector<std::pair<Key, Value>> entries;
      if (!read(json, entries))
        return false;
      for (auto& [key, value] : entries)
        out.insert_or_assign(std::move(key), std::move(value));
      return true;
    }
  }

  bool read_special(const Json& json, resources::Amount& out);
  bool read_special(const Json& json, resources::ResourceVector& out);
  bool read_special(const Json& json, allocation::Labels& out);
  bool read_special(const Json& json, allocation::ShapePtr& out);
  bool read_special(const Json& json, allocation::WindowRule& out);

  const api::FindTimeZone& find_zone_;
  std::string path_;
  std::string why_;
};

} // namespace berth::decision_log
