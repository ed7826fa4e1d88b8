#pragma once
// Objects in YAML, as people write them for kubectl, as the JSON that the API server would take.
// Includes the JSON parser.

#include <string>
#include <vector>

#include "lib/api/json.hpp"
#include "lib/kube/yaml_budget.hpp"

namespace berth::kube {

/// The documents of the text in their order; empty ones are left out. Invalid when the text is not
/// YAML or passes the budget.
[[nodiscard]] Result<std::vector<api::Json>> read_yaml_documents(const std::string& text,
                                                                 YamlBudget budget = {});

} // namespace berth::kube
