#include "lib/allocation/options.hpp"

#include <algorithm>

#include "lib/allocation/priority.hpp"
#include "lib/allocation/tenant_shares.hpp"
#include "lib/base/timestamp.hpp"

namespace berth::allocation {
namespace {

/// Those of the quota that are asked for, in the order in which they are; else all of them.
template <class Visit>
void for_each_pool(const Workload& workload, const QuotaSpec& quota, Visit visit) {
  const PodView& first = *workload.waiting.front();
  if (first.pools.empty())
    for (const QuotaPool& pool : quota.pools)
      visit(pool.pool);
  for (const PoolName& asked : first.pools)
    if (std::ranges::count(quota.pools, asked, &QuotaPool::pool) > 0)
      visit(asked);
}

} // namespace

std::optional<Refusal> closed_to(const PoolSpec& pool, const QuotaForest& forest,
                                 QuotaIndex payer) {
  if (pool.drain != Stop::None)
    return Refusal{Reason::PoolStopped, "ResourcePool " + pool.name.str() + " is on hold"};
  if (pool.tenants.empty() || tenant_of(pool, forest, payer) != nullptr)
    return std::nullopt;
  return Refusal{Reason::PoolNotAllowed, "Quota " + forest.spec(payer).name.str() +
                                             " is no tenant of ResourcePool " + pool.name.str()};
}

std::variant<std::vector<Option>, Refusal> OptionFinder::find(const Workload& workload) const {
  if (workload.quota.quota.empty())
    return Refusal{workload.quota.reason, workload.quota.message};
  const auto quota = usable_quota(workload.quota.quota);
  if (const auto* refusal = std::get_if<Refusal>(&quota))
    return *refusal;
  const QuotaIndex own = std::get<QuotaIndex>(quota);
  if (!workload.reservation.empty())
    return inside_named(workload, own);

  std::vector<Option> options;
  // What a request holds does not say that it is inside a reservation.
  const bool may_go_inside = !workload.waiting.front()->is_request;
  for (ReservationIndex i = 0; may_go_inside && i < holds_.open.size(); ++i)
    if (is_allowed(*holds_.open[i].spec, workload))
      if (auto option = inside(i, own); auto* found = std::get_if<Option>(&option))
        options.push_back(std::move(*found));
  const QuotaSpec& spec = snapshot_.quotas->spec(own);
  std::optional<Refusal> first_closed;
  bool is_any_named = false;
  for_each_pool(workload, spec, [&](const PoolName& pool) {
    is_any_named = true;
    const PoolSpec* known = snapshot_.find_pool(pool);
    if (known == nullptr)
      return;
    if (auto refusal = closed_to(*known, *snapshot_.quotas, own))
      first_closed = first_closed ? std::move(first_closed) : std::move(refusal);
    else
      options.push_back(Option{Site{known, kNoReservation}, own, {}});
  });
  for (Option& option : options)
    option.site.is_favoured = deserves_room(workload, spec, *option.site.pool);
  if (!options.empty())
    return options;
  if (first_closed)
    return *std::move(first_closed);
  if (spec.pools.empty())
    return Refusal{Reason::PoolNotFound, "Quota " + spec.name.str() + " names no pool"};
  if (!is_any_named)
    return Refusal{Reason::PoolNotFound,
                   "Quota " + spec.name.str() + " names none of the pools that are asked for"};
  return Refusal{Reason::PoolNotFound, "ResourcePool " + spec.pools.front().pool.str() +
                                           " of Quota " + spec.name.str() + " does not exist"};
}

bool OptionFinder::deserves_room(const Workload& workload, const QuotaSpec& quota,
                                 const PoolSpec& pool) const {
  if (!favours_some(pool.strategy))
    return false; // it is asked for each that waits, and its standing costs look-ups
  const auto& rules = workload.waiting.front()->shape->constraints.rules;
  const std::int64_t priority = effective_priority(workload.priority, &quota, rules, pool.name);
  return is_favoured(pool.strategy,
                     Standing{priority, is_over_nominal(snapshot_, quota.name, pool.name)});
}

/// The quota's index if its tree is whole (Q3) and nobody in it says stop.
std::variant<QuotaIndex, Refusal> OptionFinder::usable_quota(const QuotaName& name) const {
  const QuotaForest& forest = *snapshot_.quotas;
  const auto quota = forest.find(name);
  if (!quota)
    return Refusal{Reason::QuotaNotFound, "Quota " + name.str() + " does not exist"};
  if (const auto& finding = forest.finding(*quota))
    return Refusal{Reason::QuotaTreeInvalid, finding->message};
  if (const auto stopped = forest.stopped_by(*quota))
    return Refusal{Reason::QuotaStopped,
                   "Quota " + forest.spec(*stopped).name.str() + " is on hold"};
  return *quota;
}

std::variant<std::vector<Option>, Refusal> OptionFinder::inside_named(const Workload& workload,
                                                                      QuotaIndex quota) const {
  const std::string name = "Reservation " + workload.reservation.str();
  const ReservationSpec* spec = snapshot_.find_reservation(workload.reservation);
  if (spec == nullptr || !spec->accepted || spec->deleting)
    return Refusal{Reason::ReservationNotFound,
                   name + (spec == nullptr ? " does not exist" : " is not accepted")};
  if (!is_allowed(*spec, workload))
    return Refusal{Reason::ReservationNotAllowed, name + " does not allow " +
                                                      workload.namespace_name + "/" +
                                                      workload.service_account};
  const OpenReservation* open = holds_.find(workload.reservation);
  if (open == nullptr) {
    const auto next = next_window(*spec, now_);
    const std::string why =
        is_dormant(*spec) ? " opens when its trigger holds" : " has no window any more";
    return Refusal{Reason::WindowClosed,
                   name + (next ? " opens at " + format_time(next->start) : why)};
  }
  const auto index = static_cast<ReservationIndex>(open - holds_.open.data());
  auto option = inside(index, quota);
  if (auto* refusal = std::get_if<Refusal>(&option))
    return std::move(*refusal);
  return std::vector<Option>{std::get<Option>(std::move(option))};
}

bool OptionFinder::is_allowed(const ReservationSpec& spec, const Workload& workload) const {
  return may_use(spec, workload.quota.quota, {workload.namespace_name, workload.service_account},
                 snapshot_.namespace_labels(workload.namespace_name));
}

bool OptionFinder::may_go_where_idle_is_lent(const Workload& workload) const {
  return std::ranges::any_of(holds_.open, [&](const OpenReservation& open) {
    return open.spec->lend_idle && is_allowed(*open.spec, workload);
  });
}

/// Refused if the reservation's pool or payer is missing, or the pool takes nothing new of it.
std::variant<Option, Refusal> OptionFinder::inside(ReservationIndex reservation,
                                                   QuotaIndex quota) const {
  const ReservationSpec& spec = *holds_.open[reservation].spec;
  const PoolSpec* pool = snapshot_.find_pool(spec.pool);
  const auto payer = spec.payer.empty() ? std::optional{quota} : snapshot_.quotas->find(spec.payer);
  if (pool == nullptr || !payer)
    return Refusal{Reason::PoolNotFound, "the pool or the Quota that pays for Reservation " +
                                             spec.name.str() + " does not exist"};
  if (auto refusal = closed_to(*pool, *snapshot_.quotas, *payer))
    return *std::move(refusal);
  return Option{Site{pool, reservation}, *payer, spec.name};
}

std::variant<std::vector<Option>, Refusal>
OptionFinder::follow(const AdmissionRecord& record) const {
  const PoolSpec* pool = snapshot_.find_pool(record.pool);
  if (pool == nullptr)
    return Refusal{Reason::PoolNotFound,
                   "ResourcePool " + record.pool.str() + " of the running members does not exist"};
  const auto quota = usable_quota(record.quota);
  if (const auto* refusal = std::get_if<Refusal>(&quota))
    return *refusal;
  const OpenReservation* open = holds_.find(record.reservation);
  const ReservationIndex reservation =
      open == nullptr ? kNoReservation : static_cast<ReservationIndex>(open - holds_.open.data());
  return std::vector<Option>{
      Option{Site{pool, reservation}, std::get<QuotaIndex>(quota), record.reservation}};
}

std::variant<std::vector<Option>, Refusal> OptionFinder::join(const AdmissionRecord& record) const {
  auto found = follow(record);
  if (const auto* options = std::get_if<std::vector<Option>>(&found))
    if (auto refusal =
            closed_to(*options->front().site.pool, *snapshot_.quotas, options->front().payer))
      return *std::move(refusal);
  return found;
}

std::uint32_t OptionFinder::subject_class(const Workload& workload) {
  if (holds_.open.empty())
    return 0;
  const auto next = static_cast<std::uint32_t>(subjects_.size() + 1);
  return subjects_.try_emplace({workload.namespace_name, workload.service_account}, next)
      .first->second;
}

} // namespace berth::allocation
