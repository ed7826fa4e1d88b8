#pragma once
// SegmentStore: the files of a decision log, of which only the newest is written. An interface, so
// that tests fill the disk. A segment's name says its first cycle.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace berth::decision_log {

struct Segment {
  std::string name{};            ///< of the file, without its folder
  std::uint64_t first_cycle = 0; ///< by its name
  std::uint64_t bytes = 0;
};

/// "decisions-000000000042.log"
[[nodiscard]] std::string segment_name(std::uint64_t first_cycle);

class SegmentStore {
public:
  virtual ~SegmentStore() = default;
  /// By first cycle.
  [[nodiscard]] virtual Result<std::vector<Segment>> list() = 0;
  /// Makes the segment that append() writes to from now on; one of that name is emptied.
  [[nodiscard]] virtual Result<void> begin(const std::string& name) = 0;
  /// TooLarge if the volume is full: a part of the bytes may have been taken.
  [[nodiscard]] virtual Result<void> append(std::string_view bytes) = 0;
  /// The segment that is written keeps its first `bytes` only.
  [[nodiscard]] virtual Result<void> cut(std::uint64_t bytes) = 0;
  /// The segment that is written is complete, and on the disk.
  virtual void finish() = 0;
  [[nodiscard]] virtual Result<void> remove(const std::string& name) = 0;
};

/// The folder is made if it is not there. Invalid if it cannot be.
[[nodiscard]] Result<std::unique_ptr<SegmentStore>> open_folder(const std::string& folder);

/// The segments at `path`, a folder or one file; their names are whole paths. NotFound if there is
/// none.
[[nodiscard]] Result<std::vector<Segment>> find_segments(const std::string& path);

} // namespace berth::decision_log
