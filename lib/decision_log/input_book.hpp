#pragma once
// InputBook: what the inputs of the last cycle were, so that the next one's are said by their
// difference; and their digest, which costs what changed and not what there is. Recorder and replay
// both keep one, so that both compute the digest from the values that the core saw.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/allocation/decision.hpp"
#include "lib/allocation/snapshot.hpp"
#include "lib/decision_log/digest.hpp"
#include "lib/decision_log/objects.hpp"

namespace berth::decision_log {

/// A gang that was taken back between two cycles (G1): no plan says so.
struct RolledBackGang {
  std::vector<std::shared_ptr<const allocation::PodView>> members{}; ///< that it lost; never empty
  std::string why{};
};

/// One cycle as it was decided: all that decide() was given, and the plan that it gave back.
struct Cycle {
  std::shared_ptr<const allocation::ClusterSnapshot> snapshot{}; ///< never null
  allocation::Policy policy{};
  TimePoint now{};
  std::uint64_t seed = 0;
  std::shared_ptr<const allocation::Plan> plan{}; ///< never null
  std::vector<RolledBackGang> rolled_back{};      ///< since the cycle before
};

/// Takes the lines of a difference, one by one.
using TakeLine = std::function<void(std::string line)>;

class InputBook {
public:
  /// Says how the cycle's objects and settings differ from those of the cycle before.
  void note(const Cycle& cycle, const TakeLine& take);
  /// The next difference is a whole picture.
  void forget() { *this = InputBook{}; }

  /// Of the objects and settings that were noted last, the memory given, and the cycle's times,
  /// seed and generation.
  [[nodiscard]] Digest input_digest(const Cycle& cycle, const Digest& memory) const;

private:
  template <class T>
  void note_kind(Kind kind, const std::vector<T>& before, const std::vector<T>& now,
                 const TakeLine& take);
  void note_settings(const allocation::Policy& policy, const TakeLine& take);
  void put(Kind kind, std::string_view id, const std::string& text, const TakeLine& take);
  void drop(Kind kind, std::string_view id, const std::string& text);

  std::shared_ptr<const allocation::ClusterSnapshot> last_;
  std::map<std::string, std::string, std::less<>> settings_; ///< texts by name
  DigestSum sum_;
};

/// Of the memory that the cycle was given; nothing remembered and no memory are the same.
[[nodiscard]] Digest memory_digest(const allocation::Policy& policy);

} // namespace berth::decision_log
