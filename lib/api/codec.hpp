#pragma once
// The codec of the custom resources: each Kind T of this folder is read and written here, through
// one description of its fields. Reading trusts nobody: the API server's schema may be older or
// absent (files, simulations). Writing is deterministic: equal values give equal bytes.

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "lib/api/object_meta.hpp"
#include "lib/base/result.hpp"

namespace berth::api {

/// Invalid names the field: `spec.pools[2].resources[0].nominal: "x" is not a quantity`. A status
/// that cannot be read counts as absent: it is rebuilt by whoever writes it, and the object stays
/// visible.
template <class T>
[[nodiscard]] Result<T> decode(const nlohmann::json& object);
/// The same from text, with the limits of parse_json().
template <class T>
[[nodiscard]] Result<T> decode_text(std::string_view text);

/// spec and status alone, with every fault reported.
template <class T>
[[nodiscard]] Result<decltype(T::spec)> decode_spec(const nlohmann::json& spec);
template <class T>
[[nodiscard]] Result<decltype(T::status)> decode_status(const nlohmann::json& status);

/// apiVersion, kind, metadata and spec: a body to create or apply. Metadata that is set is written,
/// so a uid or resourceVersion becomes a precondition; the status is left out.
template <class T>
[[nodiscard]] std::string encode(const T& object);

/// A body to apply to the status subresource of the object `meta` names; its uid, if set, is the
/// precondition. What `status` leaves empty is given up by the field manager that applies it.
template <class T>
[[nodiscard]] std::string encode_status(const ObjectMeta& meta, const decltype(T::status)& status);

/// metadata of any Kubernetes object.
[[nodiscard]] Result<ObjectMeta> decode_meta(const nlohmann::json& object);

} // namespace berth::api
