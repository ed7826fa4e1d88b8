#pragma once
// The fields of what several Kinds share, and the bodies of codec.hpp. Each Kind's .cpp describes
// its own structs and ends with BERTH_API_KIND(Kind). Nothing else includes this header.

#include <algorithm>

#include "lib/allocation/subject.hpp"
#include "lib/api/codec.hpp"
#include "lib/api/conditions.hpp"
#include "lib/api/fields.hpp"
#include "lib/api/labels.hpp"
#include "lib/api/references.hpp"
#include "lib/api/scaling_policy.hpp"

namespace berth::api {

constexpr std::array<std::string_view, 3> names_of(ConditionStatus) {
  return {"True", "False", "Unknown"};
}
constexpr std::array<std::string_view, 3> names_of(WorkloadKind) {
  return {"Pod", "Gang", "AllocationRequest"};
}
constexpr std::array<std::string_view, 3> names_of(Stop) {
  return {"None", "Hold", "HoldAndDrain"};
}
constexpr std::array<std::string_view, 6> names_of(ScalingTargetKind) {
  return {"Deployment", "StatefulSet", "Job", "ResourcePool", "Quota", "Node"};
}

inline std::string list_key(const Condition& condition) {
  return condition.type;
}
inline std::string list_key(const WorkloadRef& workload) {
  return workload.uid;
}

void describe(auto& fields, Of<PoolRef> auto& ref) {
  fields.required("name", ref.name);
}
void describe(auto& fields, Of<QuotaRef> auto& ref) {
  fields.required("name", ref.name);
}

void describe(auto& fields, Of<WorkloadRef> auto& workload) {
  fields.required("uid", workload.uid);
  fields.required("kind", workload.kind);
  fields.required("namespace", workload.namespace_name);
  fields.required("name", workload.name);
}

void describe(auto& fields, Of<allocation::ServiceAccountRef> auto& account) {
  fields.required("namespace", account.namespace_name);
  fields.required("name", account.name);
}

void describe(auto& fields, Of<ScalingTarget> auto& target) {
  fields.required("kind", target.kind);
  fields.required("name", target.name);
}

void describe(auto& fields, Of<Condition> auto& condition) {
  fields.required("type", condition.type);
  fields.required("status", condition.status);
  fields.required("reason", condition.reason);
  fields.required("message", condition.message);
  fields.field("observedGeneration", condition.observed_generation, kCount);
  fields.required("lastTransitionTime", condition.last_transition_time);
}

/// metav1.LabelSelector; matchLabels are kept as In requirements.
void describe(FieldReader& fields, allocation::Selector& selector);
void describe(FieldWriter& fields, const allocation::Selector& selector);
void describe(FieldReader& fields, ObjectMeta& meta);
void describe(FieldWriter& fields, const ObjectMeta& meta);

/// Reads the conditions and puts them in the order that set_condition() keeps.
template <class Fields>
void describe_conditions(Fields& fields, auto& conditions) {
  fields.field("conditions", conditions);
  if constexpr (Fields::kReads)
    std::ranges::sort(conditions, {}, &Condition::type);
}

namespace detail {

template <class T>
Result<T> decode_value(const Json& value, std::string_view root) {
  ReadFault fault;
  const Location where(root);
  FieldReader fields(value, where, fault);
  T decoded;
  if (!fault.found())
    describe(fields, decoded);
  if (fault.found())
    return fail(fault.error());
  return decoded;
}

/// Invalid unless the object says it is a `kind` of our group and version.
[[nodiscard]] Result<void> check_kind(const Json& object, std::string_view kind);
[[nodiscard]] std::string object_text(std::string_view kind, Json metadata, std::string_view part,
                                      Json content);
/// Name, namespace and uid: what a status body needs.
[[nodiscard]] Json identity_json(const ObjectMeta& meta);

} // namespace detail

template <class T>
Result<decltype(T::spec)> decode_spec(const Json& spec) {
  return detail::decode_value<decltype(T::spec)>(spec, "spec");
}

template <class T>
Result<decltype(T::status)> decode_status(const Json& status) {
  return detail::decode_value<decltype(T::status)>(status, "status");
}

template <class T>
Result<T> decode(const Json& object) {
  BERTH_CHECK(detail::check_kind(object, T::kKind));
  T decoded;
  BERTH_TRY(decoded.meta, decode_meta(object));
  const auto spec = object.find("spec");
  BERTH_TRY(decoded.spec, decode_spec<T>(spec == object.end() ? Json::object() : *spec));
  if (const auto status = object.find("status"); status != object.end())
    decoded.status = decode_status<T>(*status).value_or(decltype(T::status){});
  return decoded;
}

template <class T>
Result<T> decode_text(std::string_view text) {
  BERTH_TRY(const Json object, parse_json(text));
  return decode<T>(object);
}

template <class T>
std::string encode(const T& object) {
  return detail::object_text(T::kKind, FieldWriter::to_json(object.meta), "spec",
                             FieldWriter::to_json(object.spec));
}

template <class T>
std::string encode_status(const ObjectMeta& meta, const decltype(T::status)& status) {
  return detail::object_text(T::kKind, detail::identity_json(meta), "status",
                             FieldWriter::to_json(status));
}

#define BERTH_API_KIND(T)                                                                          \
  template Result<T> decode<T>(const Json&);                                                       \
  template Result<T> decode_text<T>(std::string_view);                                             \
  template Result<decltype(T::spec)> decode_spec<T>(const Json&);                                  \
  template Result<decltype(T::status)> decode_status<T>(const Json&);                              \
  template std::string encode<T>(const T&);                                                        \
  template std::string encode_status<T>(const ObjectMeta&, const decltype(T::status)&)

} // namespace berth::api
