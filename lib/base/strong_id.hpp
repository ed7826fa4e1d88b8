#pragma once
// StrongId: a name that cannot be mistaken for another kind of name (a quota for a pool).
// Ordered, so that every tie in a decision can end at a stable id.

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace berth {

template <class Tag>
class StrongId {
public:
  StrongId() = default;
  explicit StrongId(std::string value) : value_(std::move(value)) {}
  explicit StrongId(std::string_view value) : value_(value) {}
  explicit StrongId(const char* value) : value_(value) {}

  [[nodiscard]] const std::string& str() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

  friend auto operator<=>(const StrongId&, const StrongId&) = default;

private:
  std::string value_;
};

using NodeName = StrongId<struct NodeNameTag>;
using PoolName = StrongId<struct PoolNameTag>;
using QuotaName = StrongId<struct QuotaNameTag>;
using ReservationName = StrongId<struct ReservationNameTag>;
/// metadata.uid of a pod: a name may come back, a UID never does.
using PodUid = StrongId<struct PodUidTag>;
/// The unit of decision: a pod's UID, or "<namespace>/<gang name>".
using WorkloadId = StrongId<struct WorkloadIdTag>;

} // namespace berth

template <class Tag>
struct std::hash<berth::StrongId<Tag>> {
  std::size_t operator()(const berth::StrongId<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
