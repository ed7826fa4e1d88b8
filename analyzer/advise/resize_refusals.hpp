#pragma once
// ResizeRefusals: which pods refused to be resized, so that the same is not sent to them each time:
// after every refusal twice as many turns are let pass.

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>

#include "analyzer/advise/plan.hpp"

namespace berth::analyzer {

class ResizeRefusals {
public:
  /// So many turns are let pass at most after a refusal.
  static constexpr int kTurnsMax = 32;
  /// Of so many pods it is remembered; then it begins anew.
  static constexpr std::size_t kPodsMax = 10'000;

  /// Whether to send it now. A turn that is let pass counts, so it is asked once for each turn.
  [[nodiscard]] bool is_due(const PodResize& resize) {
    const auto found = refused_.find(resize.uid);
    if (found == refused_.end() || found->second.patch != resize.patch)
      return true;
    return found->second.turns_left-- <= 0;
  }
  /// What became of one that was sent.
  void note(const PodResize& resize, bool is_done) {
    if (is_done) {
      refused_.erase(resize.uid);
      return;
    }
    if (refused_.size() >= kPodsMax && !refused_.contains(resize.uid))
      refused_.clear();
    Refusal& last = refused_[resize.uid];
    last.turns = last.patch == resize.patch ? std::min(2 * last.turns, kTurnsMax) : 1;
    last.turns_left = last.turns;
    last.patch = resize.patch;
  }

private:
  struct Refusal {
    std::string patch{};
    int turns = 1; ///< to let pass since the last refusal
    int turns_left = 0;
  };
  std::map<std::string, Refusal> refused_; ///< by the uids of pods
};

} // namespace berth::analyzer
