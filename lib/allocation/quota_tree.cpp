#include "lib/allocation/quota_tree.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <map>
#include <numeric>
#include <set>

#include "lib/base/ensure.hpp"

namespace berth::allocation {
namespace {

/// Which quotas hang together, over raw parent links that may form cycles.
class Components {
public:
  explicit Components(std::size_t size) : leader_(size) {
    std::iota(leader_.begin(), leader_.end(), QuotaIndex{0});
  }
  QuotaIndex leader(QuotaIndex member) {
    while (leader_[member] != member)
      member = leader_[member] = leader_[leader_[member]];
    return member;
  }
  void join(QuotaIndex left, QuotaIndex right) { leader_[leader(left)] = leader(right); }

private:
  std::vector<QuotaIndex> leader_;
};

} // namespace

QuotaForest::QuotaForest(std::vector<std::shared_ptr<const QuotaSpec>> quotas)
    : quotas_(std::move(quotas)) {
  std::sort(quotas_.begin(), quotas_.end(),
            [](const auto& left, const auto& right) { return left->name < right->name; });
  const auto twice =
      std::adjacent_find(quotas_.begin(), quotas_.end(), [](const auto& left, const auto& right) {
        return left->name == right->name;
      });
  ensure(twice == quotas_.end(), "quota names are unique");
  index_names();
  link_parents();
  find_faults();
  plant_trees();
  lay_out_cells();
  const QuotaBalance untouched(*this);
  for (const Tree& tree : trees_)
    measure_shareable(tree, untouched);
}

QuotaForest QuotaForest::with_nominal(QuotaIndex quota, const PoolName& pool,
                                      const ResourceName& resource, Amount nominal) const {
  auto spec = std::make_shared<QuotaSpec>(*quotas_[quota]);
  const auto named = std::ranges::find(spec->pools, pool, &QuotaPool::pool);
  ensure(named != spec->pools.end(), "the quota names the pool");
  const auto amount = std::ranges::find(named->resources, resource, &QuotaAmount::name);
  const bool is_new = amount == named->resources.end();
  if (is_new)
    named->resources.push_back(QuotaAmount{resource, nominal});
  else
    amount->nominal = nominal;
  QuotaForest changed = *this;
  changed.quotas_[quota] = std::move(spec);
  if (is_new) // it may not be governed in this tree yet
    return QuotaForest(std::move(changed.quotas_));
  const Block& in_pool = *changed.block(quota, pool);
  const auto at = std::ranges::lower_bound(in_pool.resources, resource) - in_pool.resources.begin();
  changed.cells_[changed.cell_of(in_pool, quota) + static_cast<std::size_t>(at)].nominal = nominal;
  changed.measure_shareable(changed.trees_[tree_of_[quota]], QuotaBalance(changed));
  return changed;
}

void QuotaForest::index_names() {
  slots_.assign(std::bit_ceil(2 * size() + 1), kNone);
  for (QuotaIndex quota = 0; quota < size(); ++quota)
    slots_[slot_of(quotas_[quota]->name.str())] = quota;
}

/// The name's own, or the one that it would take.
std::size_t QuotaForest::slot_of(std::string_view name) const {
  std::size_t slot = std::hash<std::string_view>{}(name) & (slots_.size() - 1);
  while (slots_[slot] != kNone && quotas_[slots_[slot]]->name.str() != name)
    slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

void QuotaForest::link_parents() {
  for (const auto& quota : quotas_)
    parents_.push_back(quota->parent.empty() ? kNone : find(quota->parent).value_or(kNone));
}

/// Q3: one missing parent, one cycle or too many levels stop the whole tree. Faulty links are cut
/// afterwards, so that every walk upwards ends soon.
void QuotaForest::find_faults() {
  findings_.resize(size());
  Components components(size());
  for (QuotaIndex quota = 0; quota < size(); ++quota) {
    if (parents_[quota] != kNone)
      components.join(quota, parents_[quota]);
    else if (!quotas_[quota]->parent.empty())
      findings_[quota] = QuotaFinding{Reason::ParentNotFound,
                                      "parent " + quotas_[quota]->parent.str() + " does not exist"};
  }
  std::vector<QuotaIndex> cut = find_cycles();
  for (const QuotaIndex quota : cut)
    findings_[quota] = QuotaFinding{Reason::ParentCycle, quotas_[quota]->name.str() +
                                                             " is its own ancestor through " +
                                                             quotas_[quota]->parent.str()};
  for (const QuotaIndex quota : cut)
    parents_[quota] = kNone;
  cut.clear();
  for (QuotaIndex quota = 0; quota < size(); ++quota)
    if (level_of(quota) > kLevelsMax)
      cut.push_back(quota);
  for (const QuotaIndex quota : cut) {
    findings_[quota] =
        QuotaFinding{Reason::QuotaTreeInvalid, quotas_[quota]->name.str() + " is more than " +
                                                   std::to_string(kLevelsMax) + " levels deep"};
    parents_[quota] = kNone;
  }

  std::map<QuotaIndex, QuotaIndex> faulty; // leader -> first faulty member
  for (QuotaIndex quota = 0; quota < size(); ++quota)
    if (findings_[quota])
      faulty.emplace(components.leader(quota), quota);
  for (QuotaIndex quota = 0; quota < size(); ++quota) {
    const auto at = faulty.find(components.leader(quota));
    if (at != faulty.end() && !findings_[quota])
      findings_[quota] =
          QuotaFinding{Reason::QuotaTreeInvalid, "the tree is broken at Quota " +
                                                     quotas_[at->second]->name.str() + ": " +
                                                     findings_[at->second]->message};
  }
}

/// 1 for a root; at most kLevelsMax + 1.
std::size_t QuotaForest::level_of(QuotaIndex quota) const {
  std::size_t level = 1;
  for (; parents_[quota] != kNone && level <= kLevelsMax; quota = parents_[quota])
    ++level;
  return level;
}

std::vector<QuotaIndex> QuotaForest::find_cycles() const {
  enum class Mark : std::uint8_t { New, OnPath, Done };
  std::vector<Mark> marks(size(), Mark::New);
  std::vector<QuotaIndex> on_cycle;
  for (QuotaIndex start = 0; start < size(); ++start) {
    std::vector<QuotaIndex> path;
    QuotaIndex quota = start;
    for (; quota != kNone && marks[quota] == Mark::New; quota = parents_[quota]) {
      marks[quota] = Mark::OnPath;
      path.push_back(quota);
    }
    if (quota != kNone && marks[quota] == Mark::OnPath)
      on_cycle.insert(on_cycle.end(), std::find(path.begin(), path.end(), quota), path.end());
    for (const QuotaIndex walked : path)
      marks[walked] = Mark::Done;
  }
  return on_cycle;
}

void QuotaForest::plant_trees() {
  std::map<QuotaIndex, std::uint32_t> tree_at; // root -> tree
  tree_of_.resize(size());
  rank_in_tree_.resize(size());
  for (QuotaIndex quota = 0; quota < size(); ++quota) {
    QuotaIndex root = quota;
    while (parents_[root] != kNone)
      root = parents_[root];
    const auto [at, is_new] = tree_at.emplace(root, trees_.size());
    if (is_new)
      trees_.emplace_back();
    tree_of_[quota] = at->second;
    Tree& tree = trees_[at->second];
    rank_in_tree_[quota] = static_cast<std::uint32_t>(tree.members.size());
    tree.members.push_back(quota);
  }
  children_first_.resize(size());
  std::iota(children_first_.begin(), children_first_.end(), QuotaIndex{0});
  std::stable_sort(
      children_first_.begin(), children_first_.end(),
      [&](QuotaIndex left, QuotaIndex right) { return level_of(left) > level_of(right); });
}

void QuotaForest::lay_out_cells() {
  for (Tree& tree : trees_) {
    std::map<PoolName, std::set<ResourceName>> governed;
    for (const QuotaIndex quota : tree.members)
      for (const QuotaPool& pool : quotas_[quota]->pools)
        for (const QuotaAmount& amount : pool.resources)
          governed[pool.pool].insert(amount.name);
    for (const auto& [pool, resources] : governed) {
      tree.blocks.push_back(Block{pool, {resources.begin(), resources.end()}, cells_.size()});
      cells_.resize(cells_.size() + tree.members.size() * resources.size());
      fill_cells(tree, tree.blocks.back());
    }
  }
}

void QuotaForest::fill_cells(const Tree& tree, const Block& block) {
  for (const QuotaIndex quota : tree.members)
    for (const QuotaPool& pool : quotas_[quota]->pools) {
      if (pool.pool != block.pool)
        continue;
      for (const QuotaAmount& amount : pool.resources) {
        const auto at =
            std::lower_bound(block.resources.begin(), block.resources.end(), amount.name);
        const auto resource = static_cast<std::size_t>(at - block.resources.begin());
        cells_[cell_of(block, quota) + resource] =
            Cell{amount.nominal, amount.borrowing_limit, amount.lending_limit};
      }
    }
}

/// What siblings compete for: all that their parent could have if nothing were used; of a root, its
/// own.
void QuotaForest::measure_shareable(const Tree& tree, const QuotaBalance& untouched) {
  for (const Block& block : tree.blocks)
    for (const QuotaIndex quota : tree.members) {
      const QuotaIndex giver = parents_[quota] == kNone ? quota : parents_[quota];
      for (std::size_t i = 0; i < block.resources.size(); ++i)
        cells_[cell_of(block, quota) + i].shareable = untouched.available_in_cell(giver, block, i);
    }
}

std::optional<QuotaIndex> QuotaForest::find(const QuotaName& name) const {
  if (slots_.empty())
    return std::nullopt;
  const QuotaIndex known = slots_[slot_of(name.str())];
  return known == kNone ? std::nullopt : std::optional{known};
}

std::optional<QuotaIndex> QuotaForest::parent(QuotaIndex quota) const {
  return parents_[quota] == kNone ? std::nullopt : std::optional{parents_[quota]};
}

const std::optional<QuotaFinding>& QuotaForest::finding(QuotaIndex quota) const {
  return findings_[quota];
}

std::optional<QuotaIndex> QuotaForest::stopped_by(QuotaIndex quota) const {
  for (; quota != kNone; quota = parents_[quota])
    if (quotas_[quota]->stop != Stop::None)
      return quota;
  return std::nullopt;
}

const QuotaForest::Block* QuotaForest::block(QuotaIndex quota, const PoolName& pool) const {
  const auto& blocks = trees_[tree_of_[quota]].blocks;
  const auto at = std::lower_bound(
      blocks.begin(), blocks.end(), pool,
      [](const Block& candidate, const PoolName& wanted) { return candidate.pool < wanted; });
  return at == blocks.end() || at->pool != pool ? nullptr : &*at;
}

std::size_t QuotaForest::cell_of(const Block& block, QuotaIndex quota) const {
  return block.first_cell + rank_in_tree_[quota] * block.resources.size();
}

} // namespace berth::allocation
