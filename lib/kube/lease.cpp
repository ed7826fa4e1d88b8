#include "lib/kube/lease.hpp"

#include <algorithm>
#include <limits>

#include "lib/api/json_reading.hpp"
#include "lib/base/timestamp.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::kube {
namespace {

using api::Json;

const Json& spec_of(const Json& object) {
  static const Json empty = Json::object();
  const Json& spec = api::member_in(object, "spec");
  return spec.is_object() ? spec : empty;
}

} // namespace

bool LeaseRecord::renewed_since(const LeaseRecord& other) const {
  return spec_of(object) != spec_of(other.object);
}

Result<LeaseRecord> decode_lease(std::string_view json) {
  LeaseRecord record;
  BERTH_TRY(record.object, api::parse_json(json));
  if (!api::member_in(record.object, "metadata").is_object())
    return fail(Code::Invalid, "a Lease without metadata");
  const Json& spec = spec_of(record.object);
  record.holder = api::text_in(spec, "holderIdentity");
  // An int32 in the API; whatever else came must not overflow a point in time.
  record.duration_seconds = std::clamp<std::int64_t>(api::integer_in(spec, "leaseDurationSeconds"),
                                                     0, std::numeric_limits<std::int32_t>::max());
  record.transitions = api::integer_in(spec, "leaseTransitions");
  return record;
}

std::string held_lease_text(const LeaseRecord* before, const ObjectKey& key,
                            const std::string& identity, Duration duration, TimePoint now) {
  const std::string written = format_micro_time(now);
  Json object = before != nullptr ? before->object : Json::object();
  object["apiVersion"] = types::lease().api_version();
  object["kind"] = types::lease().kind;
  if (before == nullptr)
    object["metadata"] = {{"namespace", key.ns}, {"name", key.name}};
  Json spec = spec_of(object);
  if (before == nullptr || before->holder != identity || !spec.contains("acquireTime")) {
    spec["acquireTime"] = written;
    spec["leaseTransitions"] = before == nullptr ? 0 : before->transitions + 1;
  }
  spec["holderIdentity"] = identity;
  spec["leaseDurationSeconds"] = std::chrono::ceil<std::chrono::seconds>(duration).count();
  spec["renewTime"] = written;
  object["spec"] = std::move(spec);
  return api::to_text(object);
}

std::string released_lease_text(const LeaseRecord& held, TimePoint now) {
  const std::string written = format_micro_time(now);
  Json object = held.object;
  Json& spec = object["spec"];
  spec["holderIdentity"] = "";
  // A released lease must not look valid to anyone, and one second is the least the API accepts.
  spec["leaseDurationSeconds"] = 1;
  spec["acquireTime"] = written;
  spec["renewTime"] = written;
  return api::to_text(object);
}

} // namespace berth::kube
