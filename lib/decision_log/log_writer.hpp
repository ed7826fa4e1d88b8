#pragma once
// LogWriter: turns cycles into records of a bounded log. A segment begins with a whole picture, and
// so does a new stretch of it once the differences need more room than a picture would; everything
// else is difference. When the log is full its oldest segments go. A cycle that cannot be written
// leaves nothing behind, and the next one that can is a whole picture. Belongs to one thread.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "lib/decision_log/input_book.hpp"
#include "lib/decision_log/segment_store.hpp"

namespace berth::decision_log {

struct LogLimits {
  std::uint64_t bytes_max = std::uint64_t{256} << 20U; ///< of all segments
  /// Segments are begun anew once they have so many of it; 1/8 by default.
  std::uint64_t segment_share = 8;
};
/// Less would not hold the pictures of a cluster of some size.
inline constexpr std::uint64_t kLogBytesMin = std::uint64_t{1} << 20U;
/// Differences are cheap up to here, whatever a picture needs.
inline constexpr std::uint64_t kDifferencesBytesMin = std::uint64_t{1} << 20U;

class LogWriter {
public:
  /// `next_cycle` as of recover().
  LogWriter(std::unique_ptr<SegmentStore> store, LogLimits limits, std::uint64_t next_cycle);
  ~LogWriter();

  /// Unavailable if the disk takes no more; TooLarge if the picture of the cluster alone is more
  /// than the log may hold.
  [[nodiscard]] Result<void> append(const Cycle& cycle);
  /// Cycles in between were not recorded: the next one is a whole picture.
  void skip();

  [[nodiscard]] std::uint64_t next_cycle() const { return next_cycle_; }

private:
  [[nodiscard]] bool needs_picture() const;
  [[nodiscard]] Result<void> begin_segment();
  [[nodiscard]] Result<void> write(const Cycle& cycle, bool is_whole);
  [[nodiscard]] Result<void> put(std::string_view line);
  [[nodiscard]] Result<void> flush();
  [[nodiscard]] Result<void> drop_oldest(std::uint64_t bytes);

  std::unique_ptr<SegmentStore> store_;
  LogLimits limits_;
  std::uint64_t next_cycle_;
  InputBook book_;
  std::shared_ptr<const allocation::Plan> last_plan_; ///< null: a whole picture is due
  Digest last_memory_{};                              ///< of that plan
  std::string buffer_;
  std::deque<Segment> others_; ///< the finished ones, the oldest first
  std::uint64_t others_bytes_ = 0;
  bool is_open_ = false;
  std::uint64_t written_ = 0;     ///< bytes of the segment, and of those
  std::uint64_t committed_ = 0;   ///< bytes up to the last cycle that counts
  std::uint64_t picture_ = 0;     ///< bytes of the last whole picture
  std::uint64_t differences_ = 0; ///< bytes since
};

/// What a folder holds already: where to go on counting. A newest segment whose tail a crash tore
/// is cut back to its last whole cycle; `note` tells what cannot be used, and is empty otherwise.
struct Recovery {
  std::uint64_t next_cycle = 1;
  std::string note{};
};
[[nodiscard]] Result<Recovery> recover(const std::string& folder);

} // namespace berth::decision_log
