#include "tests/support/simulation/schema_rules.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace berth::simulation {
namespace {

bool keeps_unknown(const Json& schema) {
  return at(schema, "/x-kubernetes-preserve-unknown-fields") == true;
}

void apply(Json& value, const Json& schema);

void apply_object(Json& value, const Json& schema) {
  const Json& properties = at(schema, "/properties");
  const Json& additional = at(schema, "/additionalProperties");
  for (const auto& [name, property] : properties.items())
    if (!value.contains(name) && property.contains("default"))
      value[name] = property.at("default");
  for (auto field = value.begin(); field != value.end();) {
    const std::string& name = field.key();
    const bool known = properties.is_object() && properties.contains(name);
    if (known) {
      // An explicit null means "not set" where null is not a value.
      if (field->is_null() && at(properties.at(name), "/nullable") != true) {
        field = value.erase(field);
        continue;
      }
      apply(*field, properties.at(name));
    } else if (additional.is_object()) {
      apply(*field, additional);
    } else if (!keeps_unknown(schema) && properties.is_object()) {
      field = value.erase(field);
      continue;
    }
    ++field;
  }
}

void apply(Json& value, const Json& schema) {
  if (value.is_object())
    apply_object(value, schema);
  if (value.is_array() && at(schema, "/items").is_object())
    for (auto& item : value)
      apply(item, schema.at("items"));
}

bool has_type(const Json& value, const std::string& type) {
  return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
         (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
         (type == "integer" && value.is_number_integer()) ||
         (type == "number" && value.is_number());
}

class Validation {
public:
  FieldErrors errors;

  void check(const Json& value, const Json& schema, const std::string& path) {
    const std::string type = text_at(schema, "/type");
    const bool int_or_string = at(schema, "/x-kubernetes-int-or-string") == true;
    if (int_or_string ? !(value.is_string() || value.is_number_integer())
                      : !type.empty() && !has_type(value, type)) {
      errors.push_back({"FieldValueTypeInvalid", path,
                        fmt::format("Invalid value: \"{}\": {} in body must be of type {}: \"{}\"",
                                    value.type_name(), path, type, value.type_name())});
      return;
    }
    check_scalar(value, schema, path);
    if (value.is_object())
      check_object(value, schema, path);
    if (value.is_array())
      check_array(value, schema, path);
  }

private:
  void check_scalar(const Json& value, const Json& schema, const std::string& path) {
    const Json& choices = at(schema, "/enum");
    if (choices.is_array() && std::find(choices.begin(), choices.end(), value) == choices.end())
      errors.push_back({"FieldValueNotSupported", path,
                        fmt::format("Unsupported value: {}: supported values: {}", value.dump(),
                                    choices.dump())});
    if (value.is_number()) {
      if (at(schema, "/minimum").is_number() && value < schema.at("minimum"))
        refuse(path, value,
               fmt::format("should be greater than or equal to {}", schema.at("minimum").dump()));
      if (at(schema, "/maximum").is_number() && value > schema.at("maximum"))
        refuse(path, value,
               fmt::format("should be less than or equal to {}", schema.at("maximum").dump()));
    }
    if (value.is_string()) {
      const auto length = static_cast<std::int64_t>(value.get_ref<const std::string&>().size());
      check_length(path, value, length,
                   {integer_at(schema, "/minLength", 0), integer_at(schema, "/maxLength", length),
                    "chars long"});
    }
  }

  void check_object(const Json& value, const Json& schema, const std::string& path) {
    for (const auto& required : at(schema, "/required"))
      if (!value.contains(required.get<std::string>()))
        errors.push_back(required_field(join(path, required.get<std::string>())));
    const auto count = static_cast<std::int64_t>(value.size());
    check_length(path, value, count,
                 {integer_at(schema, "/minProperties", 0),
                  integer_at(schema, "/maxProperties", count), "properties"});
    const Json& properties = at(schema, "/properties");
    const Json& additional = at(schema, "/additionalProperties");
    for (const auto& [name, field] : value.items()) {
      if (properties.is_object() && properties.contains(name))
        check(field, properties.at(name), join(path, name));
      else if (additional.is_object())
        check(field, additional, join(path, name));
    }
  }

  void check_array(const Json& value, const Json& schema, const std::string& path) {
    const auto count = static_cast<std::int64_t>(value.size());
    check_length(
        path, value, count,
        {integer_at(schema, "/minItems", 0), integer_at(schema, "/maxItems", count), "items"});
    const Json& keys = at(schema, "/x-kubernetes-list-map-keys");
    std::set<Json> seen;
    std::size_t index = 0;
    for (const auto& item : value) {
      const std::string place = fmt::format("{}[{}]", path, index++);
      if (at(schema, "/items").is_object())
        check(item, schema.at("items"), place);
      Json identity = text_at(schema, "/x-kubernetes-list-type") == "set" ? item : Json(nullptr);
      for (const auto& key : keys)
        identity[key.get<std::string>()] = at(item, "/" + key.get<std::string>());
      if (!identity.is_null() && !seen.insert(identity).second)
        errors.push_back(duplicate_value(place, identity));
    }
  }

  struct Length {
    std::int64_t min;
    std::int64_t max;
    std::string_view unit;
  };
  void check_length(const std::string& path, const Json& value, std::int64_t length, Length limit) {
    if (length < limit.min)
      refuse(path, value, fmt::format("should be at least {} {}", limit.min, limit.unit));
    if (length > limit.max)
      errors.push_back(
          {"FieldValueTooLong", path,
           fmt::format("Too long: may not be more than {} {}", limit.max, limit.unit)});
  }

  void refuse(const std::string& path, const Json& value, const std::string& why) {
    errors.push_back(invalid_value(path, value, fmt::format("{} in body {}", path, why)));
  }

  static std::string join(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
  }
};

/// metadata has rules of its own and is not in the schema.
Json without_metadata(const Json& object) {
  Json rest = object;
  for (const auto* field : {"metadata", "apiVersion", "kind"})
    rest.erase(field);
  return rest;
}

} // namespace

void apply_schema(Json& object, const Json& schema) {
  if (!schema.is_object())
    return;
  Json rest = without_metadata(object);
  apply(rest, schema);
  rest["metadata"] = object["metadata"];
  rest["apiVersion"] = object["apiVersion"];
  rest["kind"] = object["kind"];
  object = std::move(rest);
}

FieldErrors validate_schema(const Json& object, const Json& schema) {
  Validation validation;
  if (schema.is_object())
    validation.check(without_metadata(object), schema, "");
  return validation.errors;
}

} // namespace berth::simulation
