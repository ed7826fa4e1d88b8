#pragma once
// A first pass over YAML text that counts before anything is built: yaml-cpp shares the nodes of
// aliases, so that a short text may stand for a huge one.

#include <cstddef>
#include <string>

#include "lib/base/result.hpp"

namespace berth::kube {

struct YamlBudget {
  std::size_t nodes_max = 50'000;
  std::size_t aliases_max = 100;
  std::size_t depth_max = 32;
};

/// Invalid when the text is not YAML or passes the budget; the message has the line.
[[nodiscard]] Result<void> check_yaml(const std::string& text, YamlBudget budget = {});

} // namespace berth::kube
