#include "lib/api/codec.hpp"

#include "lib/api/describe.hpp"

namespace berth::api {
namespace {

using allocation::Requirement;
using allocation::SelectorOperator;

constexpr std::array<std::string_view, 4> kSelectorOperators{"In", "NotIn", "Exists",
                                                             "DoesNotExist"};

} // namespace

void describe(FieldReader& fields, Requirement& requirement) {
  std::string word;
  fields.required("key", requirement.key);
  fields.required("operator", word);
  fields.field("values", requirement.values);
  const auto op = allocation::selector_operator_from(word);
  if (!op || *op > SelectorOperator::DoesNotExist)
    return fields.refuse("operator",
                         '"' + word + "\" is not one of In, NotIn, Exists, DoesNotExist");
  requirement.op = *op;
  const bool needs_values = *op == SelectorOperator::In || *op == SelectorOperator::NotIn;
  if (needs_values == requirement.values.empty())
    fields.refuse("values", needs_values ? "must not be empty" : "must be empty for " + word);
}

void describe(FieldWriter& fields, const Requirement& requirement) {
  fields.required("key", requirement.key);
  fields.required("operator",
                  std::string(kSelectorOperators[static_cast<std::size_t>(requirement.op)]));
  fields.field("values", requirement.values);
}

void describe(FieldReader& fields, allocation::Selector& selector) {
  std::map<std::string, std::string> match_labels;
  fields.field("matchLabels", match_labels);
  std::vector<Requirement> match_expressions;
  fields.field("matchExpressions", match_expressions);
  selector.requirements.clear();
  for (const auto& [key, value] : match_labels)
    selector.requirements.push_back({key, SelectorOperator::In, {value}});
  std::ranges::move(match_expressions, std::back_inserter(selector.requirements));
}

void describe(FieldWriter& fields, const allocation::Selector& selector) {
  fields.field("matchExpressions", selector.requirements);
}

void describe(auto& fields, Of<OwnerReference> auto& owner) {
  fields.required("apiVersion", owner.api_version);
  fields.required("kind", owner.kind);
  fields.required("name", owner.name);
  fields.required("uid", owner.uid);
  fields.field("controller", owner.controller);
}

void describe(FieldReader& fields, ObjectMeta& meta) {
  fields.required("name", meta.name);
  fields.field("namespace", meta.ns);
  fields.field("uid", meta.uid);
  fields.field("resourceVersion", meta.resource_version);
  fields.field("generation", meta.generation, kCount);
  fields.field("creationTimestamp", meta.created);
  fields.field("deletionTimestamp", meta.deleted);
  fields.field("labels", meta.labels);
  fields.field("annotations", meta.annotations);
  fields.field("finalizers", meta.finalizers);
  fields.field("ownerReferences", meta.owners);
  if (meta.name.empty())
    fields.refuse("name", "is empty");
}

void describe(FieldWriter& fields, const ObjectMeta& meta) {
  fields.required("name", meta.name);
  fields.field("namespace", meta.ns);
  fields.field("uid", meta.uid);
  fields.field("resourceVersion", meta.resource_version);
  fields.field("labels", meta.labels);
  fields.field("annotations", meta.annotations);
  fields.field("finalizers", meta.finalizers);
  fields.field("ownerReferences", meta.owners);
}

Result<ObjectMeta> decode_meta(const Json& object) {
  const auto metadata = object.find("metadata");
  return detail::decode_value<ObjectMeta>(metadata == object.end() ? Json::object() : *metadata,
                                          "metadata");
}

namespace detail {

Result<void> check_kind(const Json& object, std::string_view kind) {
  if (!object.is_object())
    return fail(Code::Invalid, "the document: is not an object");
  const auto differs = [&](const char* field, std::string_view wanted) {
    const auto found = object.find(field);
    return found == object.end() || !found->is_string() ||
           found->get_ref<const std::string&>() != wanted;
  };
  if (differs("kind", kind))
    return fail(Code::Invalid, "kind: is not " + std::string(kind));
  if (differs("apiVersion", kApiVersion))
    return fail(Code::Invalid, "apiVersion: is not " + std::string(kApiVersion));
  return {};
}

std::string object_text(std::string_view kind, Json metadata, std::string_view part, Json content) {
  Json object = Json::object();
  object["apiVersion"] = std::string(kApiVersion);
  object["kind"] = std::string(kind);
  object["metadata"] = std::move(metadata);
  object[std::string(part)] = std::move(content);
  return to_text(object);
}

Json identity_json(const ObjectMeta& meta) {
  ObjectMeta identity;
  identity.ns = meta.ns;
  identity.name = meta.name;
  identity.uid = meta.uid;
  return FieldWriter::to_json(identity);
}

} // namespace detail
} // namespace berth::api
