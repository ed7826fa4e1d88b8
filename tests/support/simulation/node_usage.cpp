#include "tests/support/simulation/node_usage.hpp"

namespace berth::simulation {

void NodeUsage::place(const std::string& pod, const std::string& node,
                      resources::ResourceVector amounts) {
  remove(pod);
  sums_[node].add(amounts);
  charges_[pod] = {node, std::move(amounts)};
}

void NodeUsage::remove(const std::string& pod) {
  const auto charge = charges_.find(pod);
  if (charge == charges_.end())
    return;
  sums_[charge->second.node].subtract(charge->second.amounts);
  charges_.erase(charge);
}

resources::ResourceVector NodeUsage::on(const std::string& node) const {
  const auto sum = sums_.find(node);
  return sum == sums_.end() ? resources::ResourceVector{} : sum->second.total();
}

} // namespace berth::simulation
