#pragma once
// The priority that an AllocationRequest asks for by the name of a PriorityClass. Pure.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/api/allocation_request.hpp"
#include "lib/cluster/priority_class.hpp"

namespace berth::cli {

/// That of the default class where it names none; 0 where there is no such class.
[[nodiscard]] inline std::int32_t
priority_of(const api::AllocationRequest& request,
            const std::vector<std::shared_ptr<const cluster::PriorityClass>>& priorities) {
  const std::string& name = request.spec.priority_class_name;
  for (const auto& priority : priorities)
    if (name.empty() ? priority->is_default : priority->meta.name == name)
      return priority->value;
  return 0;
}

} // namespace berth::cli
