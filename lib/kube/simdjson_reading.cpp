#include "lib/kube/simdjson_reading.hpp"

#include "lib/base/timestamp.hpp"

namespace berth::kube {
namespace {

Result<void> read_owner(JsonElement value, OwnerReference& into) {
  return read_members(
      value, member("apiVersion", [&](JsonElement it) { return read_text(it, into.api_version); }),
      member("kind", [&](JsonElement it) { return read_text(it, into.kind); }),
      member("name", [&](JsonElement it) { return read_text(it, into.name); }),
      member("uid", [&](JsonElement it) { return read_text(it, into.uid); }),
      member("controller", [&](JsonElement it) { return read_bool(it, into.controller); }));
}

} // namespace

Result<void> read_object_meta(JsonElement value, ObjectMeta& into,
                              bool (*keep_annotation)(std::string_view key)) {
  const auto read_finalizer = [&](JsonElement it) {
    return read_text(it, into.finalizers.emplace_back());
  };
  const auto read_next_owner = [&](JsonElement it) {
    return read_owner(it, into.owners.emplace_back());
  };
  return read_members(
      value, member("namespace", [&](JsonElement it) { return read_text(it, into.ns); }),
      member("name", [&](JsonElement it) { return read_text(it, into.name); }),
      member("uid", [&](JsonElement it) { return read_text(it, into.uid); }),
      member("resourceVersion",
             [&](JsonElement it) { return read_text(it, into.resource_version); }),
      member("generation", [&](JsonElement it) { return read_integer(it, into.generation); }),
      member("creationTimestamp", [&](JsonElement it) { return read_time(it, into.created); }),
      member("deletionTimestamp",
             [&](JsonElement it) { return read_time(it, into.deleted.emplace()); }),
      member("labels", [&](JsonElement it) { return read_text_map(it, into.labels); }),
      member("annotations",
             [&](JsonElement it) { return read_text_map(it, into.annotations, keep_annotation); }),
      member("finalizers", [&](JsonElement it) { return read_elements(it, read_finalizer); }),
      member("ownerReferences",
             [&](JsonElement it) { return read_elements(it, read_next_owner); }));
}

Result<void> read_text(JsonElement value, std::string& into) {
  std::string_view text;
  BERTH_CHECK(read_text(value, text));
  into = text;
  return {};
}

Result<void> read_text(JsonElement value, std::string_view& into) {
  if (value.get_string().get(into) != simdjson::SUCCESS)
    return refuse_type("a string");
  return {};
}

Result<void> read_integer(JsonElement value, std::int64_t& into) {
  if (value.get_int64().get(into) != simdjson::SUCCESS)
    return refuse_type("a whole number of 64 bits");
  return {};
}

Result<void> read_bool(JsonElement value, bool& into) {
  if (value.get_bool().get(into) != simdjson::SUCCESS)
    return refuse_type("true or false");
  return {};
}

Result<void> read_time(JsonElement value, TimePoint& into) {
  std::string_view text;
  BERTH_CHECK(read_text(value, text));
  BERTH_TRY(into, parse_time(text));
  return {};
}

Result<void> read_text_map(JsonElement value, std::map<std::string, std::string>& into,
                           bool (*keep)(std::string_view key)) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS)
    return refuse_type("an object");
  for (const auto [name, element] : object) {
    if (keep != nullptr && !keep(name))
      continue;
    std::string_view text;
    if (auto outcome = read_text(element, text); !outcome)
      return refuse_member(name, outcome.error());
    // The API server writes keys in order, so that the end is the place of almost all.
    const auto size_before = into.size();
    into.emplace_hint(into.end(), name, text);
    if (into.size() == size_before)
      return refuse_member(name, Error{Code::Invalid, "appears twice", {}});
  }
  return {};
}

tl::unexpected<Error> refuse_member(std::string_view name, const Error& error) {
  constexpr std::size_t kNameBytesShown = 64;
  return fail(error.code, std::string(name.substr(0, kNameBytesShown)) + ": " + error.message);
}

tl::unexpected<Error> refuse_type(std::string_view expected) {
  return fail(Code::Invalid, "must be " + std::string(expected));
}

} // namespace berth::kube
