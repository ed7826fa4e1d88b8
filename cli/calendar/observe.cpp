#include "cli/calendar/observe.hpp"

#include "cli/listing.hpp"
#include "lib/api/to_allocation.hpp"
#include "lib/cluster/time_zones.hpp"

namespace berth::cli {

async::Task<Result<ObservedCalendar>> observe_calendar(kube::Client& client) {
  ObservedCalendar observed;
  std::vector<std::shared_ptr<const api::Reservation>> reservations;
  BERTH_CO_CHECK(
      co_await list_into(client, kube::types::reservation(), reservations, observed.unreadable));
  BERTH_CO_CHECK(
      co_await list_into(client, kube::types::quota(), observed.quotas, observed.unreadable));
  const auto requests = co_await list_into(client, kube::types::allocation_request(),
                                           observed.requests, observed.unreadable);
  if (!requests && requests.error().code != Code::Forbidden)
    co_return fail(requests.error());
  if (!requests)
    observed.unreadable.push_back("what AllocationRequests plan: " + requests.error().message);
  cluster::TimeZones zones;
  for (auto& reservation : reservations) {
    auto spec =
        api::to_allocation(*reservation, [&](std::string_view name) { return zones.find(name); });
    observed.reservations.push_back({std::move(reservation), std::move(spec)});
  }
  co_return observed;
}

} // namespace berth::cli
