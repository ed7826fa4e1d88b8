#include "lib/api/fields.hpp"

#include "lib/base/timestamp.hpp"

#include <algorithm>

namespace berth::api {
namespace {

using resources::Amount;
using resources::Quantity;
using resources::ResourceName;
using resources::ResourceVector;

constexpr std::size_t kValueCharsShown = 64;

/// The value as it stands in the document, cut to a length that fits a message.
std::string shown(const Json& value) {
  std::string text = to_text(value);
  if (text.size() > kValueCharsShown)
    text = text.substr(0, kValueCharsShown) + "...";
  return text;
}

/// Quantities are x-kubernetes-int-or-string.
std::optional<Quantity> quantity_from(const Json& value) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)
    return std::nullopt;
  if (value.is_number_integer())
    return Quantity::of(value.get<std::int64_t>());
  if (!value.is_string())
    return std::nullopt;
  const auto parsed = Quantity::parse(value.get_ref<const std::string&>());
  return parsed ? std::optional(*parsed) : std::nullopt;
}

/// One item of a ResourceVector's list.
struct NamedAmount {
  ResourceName name{""};
  Amount amount;
};

void describe(FieldReader& fields, NamedAmount& item) {
  fields.required("name", item.name);
  fields.amount("amount", item.name, item.amount);
}

} // namespace

std::string Location::str() const {
  if (parent_ == nullptr)
    return std::string(name_);
  const std::string text = parent_->str();
  if (name_.empty())
    return text + '[' + std::to_string(index_) + ']';
  return text.empty() ? std::string(name_) : text + '.' + std::string(name_);
}

void ReadFault::note(const Location& where, std::string_view why) {
  if (error_)
    return;
  const std::string path = where.str();
  error_ = Error{Code::Invalid, (path.empty() ? "the document" : path) + ": " + std::string(why)};
}

FieldReader::FieldReader(const Json& object, const Location& where, ReadFault& fault)
    : object_(object), where_(where), fault_(fault) {
  if (!object.is_object())
    fault_.note(where, "is not an object");
}

const Json* FieldReader::find(std::string_view name) const {
  if (fault_.found())
    return nullptr;
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void FieldReader::read(const Json& value, const Location& where, bool& out, Range) {
  if (value.is_boolean())
    out = value.get<bool>();
  else
    fault_.note(where, shown(value) + " is not true or false");
}

void FieldReader::read(const Json& value, const Location& where, std::int64_t& out, Range range) {
  if (!value.is_number_integer())
    return fault_.note(where, shown(value) + " is not an integer");
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)
    return fault_.note(where, shown(value) + " is too large");
  const auto number = value.get<std::int64_t>();
  if (number < range.min || number > range.max)
    return fault_.note(where, std::to_string(number) + " is not between " +
                                  std::to_string(range.min) + " and " + std::to_string(range.max));
  out = number;
}

void FieldReader::read(const Json& value, const Location& where, std::int32_t& out, Range range) {
  std::int64_t wide = out;
  read(value, where, wide,
       Range{std::max<std::int64_t>(range.min, INT32_MIN),
             std::min<std::int64_t>(range.max, INT32_MAX)});
  out = static_cast<std::int32_t>(wide);
}

void FieldReader::read(const Json& value, const Location& where, std::string& out, Range) {
  if (value.is_string())
    out = value.get_ref<const std::string&>();
  else
    fault_.note(where, shown(value) + " is not text");
}

void FieldReader::read(const Json& value, const Location& where, TimePoint& out, Range) {
  if (value.is_string()) {
    if (const auto time = parse_time(value.get_ref<const std::string&>())) {
      out = std::chrono::floor<std::chrono::seconds>(*time);
      return;
    }
  }
  fault_.note(where, shown(value) + " is not an RFC 3339 time such as 2026-11-21T08:00:00Z");
}

void FieldReader::read(const Json& value, const Location& where, std::chrono::seconds& out,
                       Range range) {
  std::int64_t count = out.count();
  read(value, where, count, range);
  out = std::chrono::seconds(count);
}

void FieldReader::read(const Json& value, const Location& where,
                       std::map<std::string, std::string>& out, Range) {
  if (!value.is_object())
    return fault_.note(where, "is not an object");
  for (const auto& [name, text] : value.items()) {
    if (!text.is_string())
      return fault_.note(Location(where, name), shown(text) + " is not text");
    out[name] = text.get_ref<const std::string&>();
  }
}

void FieldReader::read(const Json& value, const Location& where,
                       std::map<std::string, Quantity>& out, Range range) {
  if (!value.is_object())
    return fault_.note(where, "is not an object");
  for (const auto& [name, quantity] : value.items())
    read(quantity, Location(where, name), out[name], range);
}

void FieldReader::read(const Json& value, const Location& where, Reason& out, Range range) {
  std::string word;
  read(value, where, word, range);
  out = reason_from(word).value_or(Reason::InternalError);
}

void FieldReader::read(const Json& value, const Location& where, Quantity& out, Range) {
  if (const auto quantity = quantity_from(value))
    out = *quantity;
  else
    fault_.note(where, shown(value) + " is not a quantity");
}

void FieldReader::read(const Json& value, const Location& where, ResourceName& out, Range) {
  if (value.is_string() && !value.get_ref<const std::string&>().empty())
    out = ResourceName(value.get_ref<const std::string&>());
  else
    fault_.note(where, shown(value) + " is not the name of a resource");
}

void FieldReader::read(const Json& value, const Location& where, ResourceVector& out, Range) {
  out = {};
  if (!value.is_array())
    return fault_.note(where, "is not a list");
  for (std::size_t i = 0; i < value.size() && !fault_.found(); ++i) {
    const Location item_where(where, i);
    NamedAmount item;
    FieldReader fields(value[i], item_where, fault_);
    if (!fault_.found())
      describe(fields, item);
    if (fault_.found())
      return;
    if (out.contains(item.name))
      return fault_.note(item_where, "repeats \"" + std::string(item.name.str()) + '"');
    out.set(item.name, item.amount);
  }
}

std::size_t FieldReader::read_name(const Json& value, const Location& where,
                                   const std::string_view* names, std::size_t count) {
  std::string known;
  for (std::size_t i = 0; i < count; ++i) {
    if (value.is_string() && value.get_ref<const std::string&>() == names[i])
      return i;
    known += (i == 0 ? "" : ", ") + std::string(names[i]);
  }
  fault_.note(where, shown(value) + " is not one of " + known);
  return 0;
}

void FieldReader::amount(std::string_view name, const ResourceName& resource, Amount& out) {
  std::optional<Amount> found;
  amount(name, resource, found);
  if (found)
    out = *found;
  else
    fault_.note(Location(where_, name), "is missing");
}

void FieldReader::amount(std::string_view name, const ResourceName& resource,
                         std::optional<Amount>& out) {
  const Json* value = find(name);
  if (value == nullptr)
    return;
  const Location where(where_, name);
  Quantity quantity;
  read(*value, where, quantity, Range{});
  if (quantity.is_negative())
    return fault_.note(where, shown(*value) + " is negative");
  if (!fault_.found())
    out = amount_of(resource, quantity);
}

void FieldWriter::amount(std::string_view name, const ResourceName& resource, Amount value) {
  required(name, quantity_of(resource, value));
}

void FieldWriter::amount(std::string_view name, const ResourceName& resource,
                         const std::optional<Amount>& value) {
  if (value)
    amount(name, resource, *value);
}

Json FieldWriter::scalar_json(TimePoint value) {
  return format_time(value);
}

Json FieldWriter::scalar_json(const Quantity& value) {
  return value.str();
}

Json FieldWriter::scalar_json(const ResourceName& value) {
  return std::string(value.str());
}

Json FieldWriter::scalar_json(const ResourceVector& values) {
  Json list = Json::array();
  for (const auto& [name, amount] : values)
    list.push_back(
        {{"name", std::string(name.str())}, {"amount", quantity_of(name, amount).str()}});
  return list;
}

} // namespace berth::api
