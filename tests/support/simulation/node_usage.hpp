#pragma once
// NodeUsage: what the pods on each node count for, kept up pod by pod, so that a simulated
// scheduler or kubelet need not read every pod for every question.

#include <map>
#include <string>

#include "lib/resources/resource_sum.hpp"

namespace berth::simulation {

class NodeUsage {
public:
  /// A pod counts on a node from now on, and nowhere else.
  void place(const std::string& pod, const std::string& node, resources::ResourceVector amounts);
  void remove(const std::string& pod);
  [[nodiscard]] resources::ResourceVector on(const std::string& node) const;

private:
  struct Charge {
    std::string node;
    resources::ResourceVector amounts;
  };
  std::map<std::string, Charge> charges_;
  std::map<std::string, resources::ResourceSum> sums_;
};

} // namespace berth::simulation
