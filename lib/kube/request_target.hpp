#pragma once
// From keys and options to request targets. Names that cannot be one path segment are refused here,
// before anything is sent, so that no name can reach another object or subresource.

#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/kube/client.hpp"

namespace berth::kube {

/// Invalid for what the API server would refuse too: empty, "." and "..", '/' or '%', control
/// characters, more than 253 bytes. `field` names it in the message.
[[nodiscard]] Result<void> check_path_segment(std::string_view field, std::string_view segment);

/// The path of one object or of its subresource; Invalid also when a namespace is missing or given
/// to a cluster-scoped type.
[[nodiscard]] Result<std::string> object_target(const ResourceType& type, const ObjectKey& key,
                                                std::string_view subresource);
[[nodiscard]] Result<std::string> list_target(const ResourceType& type, const ListOptions& options);
[[nodiscard]] Result<std::string> watch_target(const ResourceType& type,
                                               const WatchOptions& options);
[[nodiscard]] Result<std::string> create_target(const ResourceType& type, std::string_view ns,
                                                std::string_view field_manager);

/// Adds "name=value", percent-encoded, to a target; an empty value adds nothing.
void add_query(std::string& target, std::string_view name, std::string_view value);

} // namespace berth::kube
