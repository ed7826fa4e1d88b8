#include "analyzer/advise/operator_life.hpp"

#include <utility>

#include "lib/kube/lease.hpp"
#include "lib/kube/resource_types.hpp"

namespace berth::analyzer {

OperatorLife::OperatorLife(kube::Client& client, kube::ObjectKey lease)
    : client_(client), lease_(std::move(lease)) {}

OperatorLife::~OperatorLife() = default;

async::Task<void> OperatorLife::look(TimePoint now) {
  if (lease_.name.empty())
    co_return;
  is_alive_ = false;
  const auto text = co_await client_.get(kube::types::lease(), lease_);
  if (!text) {
    const bool is_missing = text.error().code == Code::NotFound;
    is_alive_ = is_missing && last_ == nullptr;
    is_dead_ = is_missing && last_ != nullptr;
    co_return;
  }
  auto record = kube::decode_lease(*text);
  if (!record)
    co_return;
  const bool is_held = !record->holder.empty();
  const bool is_renewed = last_ != nullptr && record->renewed_since(*last_);
  if (is_renewed || !renewed_)
    renewed_ = now;
  is_alive_ = is_held && is_renewed;
  is_dead_ = !is_held || now - *renewed_ > std::chrono::seconds{record->duration_seconds};
  last_ = std::make_unique<kube::LeaseRecord>(std::move(*record));
}

} // namespace berth::analyzer
