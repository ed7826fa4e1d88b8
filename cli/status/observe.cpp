#include "cli/status/observe.hpp"

#include "cli/listing.hpp"

namespace berth::cli {

async::Task<Result<ObservedStatus>> observe_status(kube::Client& client) {
  ObservedStatus observed;
  BERTH_CO_CHECK(co_await list_into(client, kube::types::resource_pool(), observed.pools,
                                    observed.unreadable));
  BERTH_CO_CHECK(
      co_await list_into(client, kube::types::quota(), observed.quotas, observed.unreadable));
  BERTH_CO_CHECK(co_await list_into(client, kube::types::reservation(), observed.reservations,
                                    observed.unreadable));
  co_return observed;
}

} // namespace berth::cli
