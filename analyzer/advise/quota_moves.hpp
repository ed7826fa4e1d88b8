#pragma once
// Which nominal amounts should move: what a pool has and nobody was promised goes to the quotas
// that lack it, and for the rest siblings are asked that do not use theirs. For decide_quotas().
// Pure.

#include <map>
#include <string>
#include <vector>

#include "analyzer/advise/nominal_patch.hpp"
#include "analyzer/advise/view.hpp"
#include "analyzer/model/foresight.hpp"

namespace berth::analyzer {

/// What was asked for of one nominal amount: held and waited for together, in base units.
struct NominalDemand {
  PoolName pool{};
  resources::ResourceName resource{""};
  double usual = 0; ///< half of the last day it was more
  double low = 0;   ///< four fifths of the last day it was more
  double peak = 0;  ///< of all that is kept, and of what is foreseen
  Duration known_for{};
  double coverage = 0; ///< of the last day, 0..1
  Foresight foresight{};
};

/// A day must be known, and measured so far.
inline constexpr Duration kNominalNeeds = std::chrono::hours{24};
inline constexpr double kNominalCoverageMin = 0.8;
/// What a quota keeps free above the most that it ever asked for, before any is taken from it.
inline constexpr double kNominalBuffer = 0.35;
/// Less of the nominal amount than this is not worth a change.
inline constexpr double kNominalChangeMin = 0.1;
/// A demand with where it stands.
struct NominalRow {
  std::size_t quota = 0; ///< index
  const NominalDemand* demand = nullptr;
  double nominal = 0;

  /// What it lacks, in whole cores, gibibytes or units: of what is usual, where it is short nearly
  /// all the time.
  [[nodiscard]] double lacks() const;
  /// What it can do without.
  [[nodiscard]] double spares() const;
};

/// What is to be said of one row, and in what words.
struct NominalMove {
  NominalRow row{};
  double nominal = 0; ///< as it should be
  double most = 0;    ///< as it may be without promising anything twice
  std::string message{};
};
using NominalMoves = std::map<std::size_t, std::vector<NominalMove>>; ///< by quota

/// `demands`: those of each of `quotas`, in their order.
[[nodiscard]] NominalMoves
nominal_moves(const std::vector<QuotaView>& quotas,
              const std::vector<const std::vector<NominalDemand>*>& demands,
              const std::vector<PoolView>& pools);

} // namespace berth::analyzer
