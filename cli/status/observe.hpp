#pragma once
// The observe part of `kubectl berth status`: three lists, nothing else.

#include <memory>
#include <string>
#include <vector>

#include "lib/api/quota.hpp"
#include "lib/api/reservation.hpp"
#include "lib/api/resource_pool.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

struct ObservedStatus {
  std::vector<std::shared_ptr<const api::ResourcePool>> pools;
  std::vector<std::shared_ptr<const api::Quota>> quotas;
  std::vector<std::shared_ptr<const api::Reservation>> reservations;
  std::vector<std::string> unreadable; ///< objects that are left out, and why
};

[[nodiscard]] async::Task<Result<ObservedStatus>> observe_status(kube::Client& client);

} // namespace berth::cli
