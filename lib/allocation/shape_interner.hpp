#pragma once
// ShapeInterner: one copy of each pod shape, however many pods have it, so that identity stands for
// equality inside a ClusterState. It forgets a shape with its last pod.

#include <cstddef>
#include <map>
#include <memory>

#include "lib/allocation/pod.hpp"

namespace berth::allocation {

class ShapeInterner {
public:
  /// The one copy of `shape`; counts one more pod that has it.
  [[nodiscard]] ShapePtr take(const ShapePtr& shape);
  /// Counts one pod less. The shape must have been taken.
  void give_back(const ShapePtr& shape);

private:
  struct Less {
    bool operator()(const ShapePtr& left, const ShapePtr& right) const {
      return left.get() != right.get() && *left < *right;
    }
  };
  /// Ordered, not hashed: labels and tolerations are text that users choose.
  std::map<ShapePtr, std::size_t, Less> pods_with_;
};

} // namespace berth::allocation
