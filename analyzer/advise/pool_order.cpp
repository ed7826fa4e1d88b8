#include "analyzer/advise/pool_order.hpp"

#include "lib/api/json.hpp"

namespace berth::analyzer {

std::string order_text(const PoolOrder& order) {
  return api::to_text(api::Json{{"pool", order.pool},
                                {"current", order.nodes.from},
                                {"desired", order.nodes.to},
                                {"recommendation", to_string(order.recommendation)},
                                {"reason", order.reason},
                                {"idempotencyKey", order.idempotency_key}});
}

} // namespace berth::analyzer
