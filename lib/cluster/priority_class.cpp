#include "lib/cluster/priority_class.hpp"

#include <limits>

#include "lib/api/codec.hpp"
#include "lib/kube/codec_json.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::cluster {
namespace {

Result<PriorityClass> decode(const api::Json& object) {
  PriorityClass priority_class;
  BERTH_TRY(priority_class.meta, api::decode_meta(object));
  const auto value = object.find("value");
  if (value == object.end() || !value->is_number_integer())
    return fail(Code::Invalid, "value: must be an integer");
  const auto number = value->get<std::int64_t>();
  if (number < std::numeric_limits<std::int32_t>::min() ||
      number > std::numeric_limits<std::int32_t>::max())
    return fail(Code::Invalid, "value: must fit 32 bits");
  priority_class.value = static_cast<std::int32_t>(number);
  const auto is_default = object.find("globalDefault");
  priority_class.is_default =
      is_default != object.end() && is_default->is_boolean() && is_default->get<bool>();
  return priority_class;
}

} // namespace

kube::Codec<PriorityClass> make_priority_class_codec() {
  return kube::make_json_codec<PriorityClass>(kube::types::priority_class(), decode);
}

} // namespace berth::cluster
