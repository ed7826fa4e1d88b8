#pragma once
// How the fields of a custom resource are named, once for both directions: each struct has one
// function describe(fields, value) that lists its fields, and FieldReader and FieldWriter walk it.
// Reading reports the first fault with its path; unknown fields are passed over, as the API server
// prunes them. Only the .cpp files of the Kinds include this header.

#include <array>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/api/json.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/reason.hpp"
#include "lib/base/strong_id.hpp"
#include "lib/resources/resource_vector.hpp"

namespace berth::api {

/// `describe(auto& fields, Of<Quota> auto& quota)` takes a Quota to read into or a const one.
template <class T, class Wanted>
concept Of = std::same_as<std::remove_const_t<T>, Wanted>;

/// names_of(Enum{}) gives the API strings in the order of the enumerators, which count from 0.
template <class T>
concept NamedEnum = std::is_enum_v<T> && requires(T value) { names_of(value).size(); };

/// list_key(item) is what must differ between the items of a list (listType=map).
template <class T>
concept Keyed = requires(const T& item) {
  { list_key(item) } -> std::convertible_to<std::string>;
};

/// Where a value is in its document. Lives on the stack; text is made only for a fault.
class Location {
public:
  explicit Location(std::string_view root) : name_(root) {}
  Location(const Location& parent, std::string_view name) : parent_(&parent), name_(name) {}
  Location(const Location& parent, std::size_t index) : parent_(&parent), index_(index) {}

  /// "spec.pools[2].name"
  [[nodiscard]] std::string str() const;

private:
  const Location* parent_ = nullptr;
  std::string_view name_;
  std::size_t index_ = 0;
};

/// Bounds for an integer, both inclusive; the same as in the CRD's schema.
struct Range {
  std::int64_t min = INT64_MIN;
  std::int64_t max = INT64_MAX;
};
/// Numbers that survive JavaScript's and the API server's doubles.
inline constexpr std::int64_t kSafeIntegerMax = (std::int64_t{1} << 53U) - 1;
inline constexpr Range kCount{0, kSafeIntegerMax};

/// What reading found wrong first; nothing is read after it.
class ReadFault {
public:
  [[nodiscard]] bool found() const { return error_.has_value(); }
  void note(const Location& where, std::string_view why);
  [[nodiscard]] Error error() const { return *error_; }

private:
  std::optional<Error> error_;
};

class FieldReader {
public:
  static constexpr bool kReads = true;

  FieldReader(const Json& object, const Location& where, ReadFault& fault);

  /// The field must be there.
  template <class T>
  void required(std::string_view name, T& out, Range range = {}) {
    const Json* value = find(name);
    if (value == nullptr)
      fault_.note(Location(where_, name), "is missing");
    else
      read(*value, Location(where_, name), out, range);
  }
  /// Absent or null: `out` keeps its default.
  template <class T>
  void field(std::string_view name, T& out, Range range = {}) {
    if (const Json* value = find(name))
      read(*value, Location(where_, name), out, range);
  }
  /// For what describe() finds wrong with a field that could be read.
  void refuse(std::string_view name, std::string_view why) {
    fault_.note(Location(where_, name), why);
  }
  /// A quantity in the base unit of `resource`; it must not be negative.
  void amount(std::string_view name, const resources::ResourceName& resource,
              resources::Amount& out);
  void amount(std::string_view name, const resources::ResourceName& resource,
              std::optional<resources::Amount>& out);

private:
  [[nodiscard]] const Json* find(std::string_view name) const;

  void read(const Json& value, const Location& where, bool& out, Range);
  void read(const Json& value, const Location& where, std::int32_t& out, Range range);
  void read(const Json& value, const Location& where, std::int64_t& out, Range range);
  void read(const Json& value, const Location& where, std::string& out, Range);
  /// Cut to whole seconds, which is all that metav1.Time keeps.
  void read(const Json& value, const Location& where, TimePoint& out, Range);
  void read(const Json& value, const Location& where, std::chrono::seconds& out, Range range);
  void read(const Json& value, const Location& where, std::map<std::string, std::string>& out,
            Range);
  void read(const Json& value, const Location& where,
            std::map<std::string, resources::Quantity>& out, Range range);
  /// A word that this version does not know (a newer one wrote it) is read as InternalError: it
  /// differs from whatever is wanted, and so is written anew.
  void read(const Json& value, const Location& where, Reason& out, Range);
  void read(const Json& value, const Location& where, resources::Quantity& out, Range);
  void read(const Json& value, const Location& where, resources::ResourceName& out, Range);
  /// A list of {name, amount}.
  void read(const Json& value, const Location& where, resources::ResourceVector& out, Range);
  [[nodiscard]] std::size_t read_name(const Json& value, const Location& where,
                                      const std::string_view* names, std::size_t count);

  template <class Tag>
  void read(const Json& value, const Location& where, StrongId<Tag>& out, Range range) {
    std::string text;
    read(value, where, text, range);
    if (text.empty())
      fault_.note(where, "is empty");
    out = StrongId<Tag>(std::move(text));
  }

  template <class T>
  void read(const Json& value, const Location& where, std::optional<T>& out, Range range) {
    T present{};
    read(value, where, present, range);
    out = std::move(present);
  }

  template <NamedEnum T>
  void read(const Json& value, const Location& where, T& out, Range) {
    const auto names = names_of(T{});
    out = static_cast<T>(read_name(value, where, names.data(), names.size()));
  }

  template <class T>
  void read(const Json& value, const Location& where, std::vector<T>& out, Range range) {
    out.clear();
    if (!value.is_array())
      return fault_.note(where, "is not a list");
    out.reserve(value.size());
    for (std::size_t i = 0; i < value.size() && !fault_.found(); ++i) {
      read(value[i], Location(where, i), out.emplace_back(), range);
      if constexpr (Keyed<T>)
        check_key(out, Location(where, i));
    }
  }

  template <class T>
    requires std::is_class_v<T>
  void read(const Json& value, const Location& where, T& out, Range) {
    FieldReader fields(value, where, fault_);
    if (!fault_.found())
      describe(fields, out);
  }

  template <class T>
  void check_key(const std::vector<T>& items, const Location& where) {
    const auto key = list_key(items.back());
    for (std::size_t i = 0; i + 1 < items.size(); ++i)
      if (list_key(items[i]) == key)
        return fault_.note(where, "repeats \"" + std::string(key) + '"');
  }

  const Json& object_;
  const Location& where_;
  ReadFault& fault_;
};

class FieldWriter {
public:
  static constexpr bool kReads = false;

  /// Always written.
  template <class T>
  void required(std::string_view name, const T& value, Range = {}) {
    object_[std::string(name)] = to_json(value);
  }
  /// Empty text, lists, maps and optionals are left out.
  template <class T>
  void field(std::string_view name, const T& value, Range = {}) {
    if constexpr (requires { value.has_value(); }) {
      if (value.has_value())
        required(name, *value);
    } else if constexpr (requires { value.empty(); }) {
      if (!value.empty())
        required(name, value);
    } else {
      required(name, value);
    }
  }
  void amount(std::string_view name, const resources::ResourceName& resource,
              resources::Amount value);
  void amount(std::string_view name, const resources::ResourceName& resource,
              const std::optional<resources::Amount>& value);
  [[nodiscard]] Json take() { return std::move(object_); }

  template <class T>
  [[nodiscard]] static Json to_json(const T& value) {
    if constexpr (NamedEnum<T>) {
      return Json(names_of(value)[static_cast<std::size_t>(value)]);
    } else if constexpr (requires(FieldWriter& fields) { describe(fields, value); }) {
      FieldWriter fields;
      describe(fields, value);
      return fields.take();
    } else {
      return scalar_json(value);
    }
  }

private:
  static Json scalar_json(bool value) { return value; }
  static Json scalar_json(std::int32_t value) { return value; }
  static Json scalar_json(std::int64_t value) { return value; }
  static Json scalar_json(const std::string& value) { return value; }
  static Json scalar_json(const std::map<std::string, std::string>& value) { return value; }
  static Json scalar_json(TimePoint value);
  static Json scalar_json(std::chrono::seconds value) { return value.count(); }
  template <class Tag>
  static Json scalar_json(const StrongId<Tag>& value) {
    return value.str();
  }
  static Json scalar_json(Reason value) { return std::string(to_string(value)); }
  static Json scalar_json(const resources::Quantity& value);
  static Json scalar_json(const resources::ResourceName& value);
  static Json scalar_json(const resources::ResourceVector& values);
  template <class T>
  static Json scalar_json(const std::vector<T>& values) {
    Json list = Json::array();
    for (const auto& value : values)
      list.push_back(to_json(value));
    return list;
  }

  Json object_ = Json::object();
};

} // namespace berth::api
