#include "lib/allocation/shape_interner.hpp"

#include "lib/base/ensure.hpp"

namespace berth::allocation {

ShapePtr ShapeInterner::take(const ShapePtr& shape) {
  const auto [at, is_new] = pods_with_.try_emplace(shape, 0);
  ++at->second;
  return at->first;
}

void ShapeInterner::give_back(const ShapePtr& shape) {
  const auto at = pods_with_.find(shape);
  ensure(at != pods_with_.end(), "a shape is given back as often as it was taken");
  if (--at->second == 0)
    pods_with_.erase(at);
}

} // namespace berth::allocation
