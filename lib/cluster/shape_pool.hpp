#pragma once
// ShapePool: one copy of each PodShape for all pods that have it. Ten thousand pods of a Deployment
// share one request and one set of constraints. Belongs to one executor.

#include <cstddef>
#include <map>
#include <memory>

#include "lib/allocation/pod.hpp"

namespace berth::cluster {

class ShapePool {
public:
  [[nodiscard]] allocation::ShapePtr share(allocation::PodShape shape);
  [[nodiscard]] std::size_t size() const { return shapes_.size(); }

private:
  void drop_unused();

  std::map<allocation::PodShape, std::weak_ptr<const allocation::PodShape>> shapes_;
  /// Unused shapes are dropped when the pool has grown to this.
  std::size_t sweep_at_ = 1024;
};

} // namespace berth::cluster
