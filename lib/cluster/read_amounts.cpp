#include "lib/cluster/pod_draft.hpp"

#include "lib/resources/quantity.hpp"

namespace berth::cluster {

using kube::JsonElement;

Result<void> read_amounts(JsonElement value, resources::ResourceVector& into) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS)
    return kube::refuse_type("an object");
  for (const auto [name, element] : object) {
    const resources::ResourceName resource{name};
    if (into.contains(resource))
      return kube::refuse_member(name, Error{Code::Invalid, "appears twice", {}});
    std::string_view text;
    std::int64_t number = 0;
    if (element.get_string().get(text) == simdjson::SUCCESS) {
      const auto quantity = resources::Quantity::parse(text);
      if (!quantity)
        return kube::refuse_member(name, quantity.error());
      into.set(resource, resources::amount_of(resource, *quantity));
    } else if (element.get_int64().get(number) == simdjson::SUCCESS) {
      into.set(resource, resources::amount_of(resource, resources::Quantity::of(number)));
    } else {
      return kube::refuse_member(name, Error{Code::Invalid, "must be a quantity", {}});
    }
  }
  return {};
}

} // namespace berth::cluster
