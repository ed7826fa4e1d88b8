// The custom resources: every Kind reads the input, as a whole object and as a spec and a status.
// Nothing crashes, and what is accepted is written and read back as it is, with the same bytes.

#include <cstdint>
#include <string_view>

#include "lib/api/allocation_policy.hpp"
#include "lib/api/allocation_request.hpp"
#include "lib/api/codec.hpp"
#include "lib/api/json.hpp"
#include "lib/api/quota.hpp"
#include "lib/api/reservation.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/api/scaling_policy.hpp"
#include "lib/api/scaling_recommendation.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/base/ensure.hpp"

namespace berth::api {
namespace {

template <class T>
void check_spec(const T& object) {
  const std::string text = encode(object);
  const auto again = decode_text<T>(text);
  ensure(again && again->spec == object.spec, "a spec changed on its way");
  ensure(encode(*again) == text, "equal objects gave different bytes");
}

template <class T>
void check_status(const T& object) {
  const std::string text = encode_status<T>(object.meta, object.status);
  const auto again = decode_status<T>(parse_json(text)->at("status"));
  ensure(again && *again == object.status, "a status changed on its way");
  ensure(encode_status<T>(object.meta, *again) == text, "equal statuses gave different bytes");
}

template <class T>
void check(const Json& value) {
  if (const auto object = decode<T>(value)) {
    check_spec(*object);
    check_status(*object);
  }
  T object;
  object.meta.name = "fuzzed";
  if (auto spec = decode_spec<T>(value)) {
    object.spec = std::move(*spec);
    check_spec(object);
  }
  if (auto status = decode_status<T>(value)) {
    object.status = std::move(*status);
    check_status(object);
  }
}

Result<std::shared_ptr<const allocation::TimeZone>> utc_only(std::string_view) {
  return allocation::TimeZone::utc();
}

void check_translation(const Json& value) {
  if (const auto pool = decode<ResourcePool>(value))
    (void)to_allocation(*pool);
  if (const auto quota = decode<Quota>(value))
    (void)to_allocation(*quota);
  if (const auto reservation = decode<Reservation>(value))
    (void)to_allocation(*reservation, utc_only);
}

} // namespace
} // namespace berth::api

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth::api;
  const auto value = parse_json({reinterpret_cast<const char*>(data), size});
  if (!value)
    return 0;
  check<ResourcePool>(*value);
  check<Quota>(*value);
  check<Reservation>(*value);
  check<AllocationPolicy>(*value);
  check<AllocationRequest>(*value);
  check<ScalingPolicy>(*value);
  check<ScalingRecommendation>(*value);
  check_translation(*value);
  (void)decode_meta(*value);
  return 0;
}
