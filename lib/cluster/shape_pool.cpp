#include "lib/cluster/shape_pool.hpp"

#include <algorithm>
#include <utility>

namespace berth::cluster {

allocation::ShapePtr ShapePool::share(allocation::PodShape shape) {
  const auto found = shapes_.find(shape);
  if (found != shapes_.end())
    if (auto shared = found->second.lock())
      return allocation::ShapePtr{std::move(shared)};
  auto shared = std::make_shared<const allocation::PodShape>(shape);
  shapes_[std::move(shape)] = shared;
  if (shapes_.size() >= sweep_at_)
    drop_unused();
  return allocation::ShapePtr{std::move(shared)};
}

void ShapePool::drop_unused() {
  std::erase_if(shapes_, [](const auto& entry) { return entry.second.expired(); });
  sweep_at_ = std::max<std::size_t>(1024, shapes_.size() * 2);
}

} // namespace berth::cluster
