#pragma once
// LogReader: the cycles of a decision log, in their order, as their changes and what was decided.
// A tail that a crash tore, cycles that were not recorded, and a segment that is damaged, are told
// and left out; reading goes on with the next segment, which begins with a whole picture.

#include <cstdint>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/api/to_allocation.hpp"
#include "lib/decision_log/objects.hpp"
#include "lib/decision_log/record.hpp"
#include "lib/decision_log/segment_store.hpp"

namespace berth::decision_log {

/// One line: an object. Kubernetes' own are at most 1.5 MB; a memory or a history may be longer.
inline constexpr std::size_t kLineBytesMax = std::size_t{64} << 20U;
/// Changes of one cycle: far above the pods of the largest clusters.
inline constexpr std::size_t kChangesMax = 10'000'000;

struct LoggedCycle {
  bool is_whole = false; ///< nothing from before counts
  std::vector<Change> changes{};
  std::vector<AuditEntry> audit{};
  CycleLine line{};
  std::uint64_t missing = 0; ///< cycles before it that are in no record
};

/// What of the log could not be used. A torn tail is what a crash leaves and is no damage.
struct Notice {
  std::string text{};
  bool is_damage = false;
};

/// The lines of one file, one after the other.
class LineReader {
public:
  /// NotFound if it cannot be opened.
  [[nodiscard]] static Result<LineReader> open(const std::string& path);

  /// Nothing at the end of the file; `torn` says whether it ends in the middle of a line.
  [[nodiscard]] Result<std::optional<std::string>> next();
  [[nodiscard]] bool torn() const { return torn_; }
  /// Of the lines that next() gave.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

private:
  explicit LineReader(std::ifstream file) : file_(std::move(file)) {}
  [[nodiscard]] bool fill();

  std::ifstream file_;
  std::string buffer_;
  std::size_t used_ = 0; ///< of the buffer
  std::uint64_t bytes_ = 0;
  bool torn_ = false;
};

/// What of a cycle is read besides its end: objects are most of a log.
enum class Reading { Everything, AuditOnly };

class LogReader {
public:
  LogReader(std::vector<Segment> segments, api::FindTimeZone find_zone,
            Reading reading = Reading::Everything);

  /// Nothing at the end of the log.
  [[nodiscard]] std::optional<LoggedCycle> next();
  /// So far.
  [[nodiscard]] const std::vector<Notice>& notices() const { return notices_; }

private:
  [[nodiscard]] bool open_next();
  [[nodiscard]] Result<std::optional<LoggedCycle>> read_cycle_of_segment();
  [[nodiscard]] Result<void> take_line(const std::string& line, LoggedCycle& cycle);
  void note(std::string what, bool is_damage);

  std::vector<Segment> segments_;
  api::FindTimeZone find_zone_;
  Reading reading_;
  std::size_t next_segment_ = 0;
  std::optional<LineReader> lines_;
  bool has_picture_ = false; ///< of this segment
  std::vector<Notice> notices_;
};

/// Where the last whole cycle of a segment ends.
struct SegmentEnd {
  std::uint64_t bytes = 0;
  std::uint64_t next_cycle = 0; ///< 0 if there is no cycle
  std::string why{};            ///< nothing behind it counts
  bool is_torn = false;         ///< it ended while a cycle was being written
};
[[nodiscard]] Result<SegmentEnd> find_end(const std::string& path);

} // namespace berth::decision_log
