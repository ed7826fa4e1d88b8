#include "analyzer/advise/operator_life.hpp"

#include <utility>

#include "lib/kube/lease.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::analyzer {

OperatorLife::OperatorLife(kube::Client& client, kube::ObjectKey lease)
    : client_(client), lease_(std::move(lease)) {}

OperatorLife::~OperatorLife() = default;

async::Task<void> OperatorLife::look() {
  if (lease_.name.empty())
    co_return;
  is_alive_ = false;
  const auto text = co_await client_.get(kube::types::lease(), lease_);
  if (!text)
    co_return;
  auto record = kube::decode_lease(*text);
  if (!record)
    co_return;
  is_alive_ = last_ != nullptr && !record->holder.empty() && record->renewed_since(*last_);
  last_ = std::make_unique<kube::LeaseRecord>(std::move(*record));
}

} // namespace berth::analyzer
