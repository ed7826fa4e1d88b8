#pragma once
// LogWriter: turns cycles into records of a bounded log. A segment begins with a whole picture, and
// so does a new stretch of it once the differences need more room than a picture would; everything
// else is difference. When the log is full, or its volume, its oldest segments go, but never for a
// record that has no room even so. A cycle that cannot be written leaves nothing behind, and the
// next one that can is a whole picture. Belongs to one thread.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "lib/decision_log/audit.hpp"
#include "lib/decision_log/input_book.hpp"
#include "lib/decision_log/segment_store.hpp"

namespace berth::decision_log {

struct LogLimits {
  std::uint64_t bytes_max = std::uint64_t{256} << 20U; ///< of all segments
  /// Segments are begun anew once they have so many of it (1/8 by default), and as many differences
  /// as their picture has.
  std::uint64_t segment_share = 8;
};
/// Less would not hold the pictures of a cluster of some size.
inline constexpr std::uint64_t kLogBytesMin = std::uint64_t{1} << 20U;
/// Differences are cheap up to here, whatever a picture needs.
inline constexpr std::uint64_t kDifferencesBytesMin = std::uint64_t{1} << 20U;
/// A log with room for fewer pictures has to drop its past while it writes the next one: two
/// segments, each of a picture and as many differences.
inline constexpr std::uint64_t kPicturesMin = 4;
/// How many segments one record may cost on a volume that is full.
inline constexpr int kDropsPerRecordMax = 16;

class LogWriter {
public:
  /// `next_cycle` as of recover().
  LogWriter(std::unique_ptr<SegmentStore> store, LogLimits limits, std::uint64_t next_cycle);
  ~LogWriter();

  /// Unavailable if the disk fails; TooLarge if it is full, or if the picture of the cluster alone
  /// is more than the log may hold: then nothing older has gone for it.
  [[nodiscard]] Result<void> append(const Cycle& cycle);
  /// So many cycles in between were not recorded: the next one is a whole picture, and says so.
  void skip(std::uint64_t cycles);

  [[nodiscard]] std::uint64_t next_cycle() const { return next_cycle_; }
  /// Cycles that were skipped or failed since the last one that was recorded.
  [[nodiscard]] std::uint64_t missing() const { return missing_; }
  /// The least limit that would do for the cluster as it was last pictured, in whole MiB; 0 before
  /// that.
  [[nodiscard]] std::uint64_t bytes_needed() const;

private:
  /// What the next difference is told against.
  struct Books {
    InputBook inputs{};
    AuditBook audit{};
  };
  /// The cycle that is being written.
  struct Record {
    const Cycle& cycle;
    bool is_whole = false;
    Books before{};
    std::optional<std::uint64_t> bytes{}; ///< in all; absent: not measured
    int drops = 0;                        ///< of segments, because the volume is full
  };

  [[nodiscard]] bool needs_picture() const;
  [[nodiscard]] std::uint64_t segment_bytes() const;
  [[nodiscard]] Result<void> begin_segment();
  [[nodiscard]] Result<void> write(const Cycle& cycle, bool is_whole);
  Digest tell(const Record& record, Books& books, const TakeLine& take) const;
  [[nodiscard]] Result<void> put(Record& record, std::string_view line);
  [[nodiscard]] Result<void> flush(Record& record);
  [[nodiscard]] std::uint64_t size_of(Record& record);
  [[nodiscard]] Result<void> make_room(Record& record);
  [[nodiscard]] bool give_way(Record& record);
  [[nodiscard]] Result<void> drop_oldest();
  void forget();
  void undo();

  std::unique_ptr<SegmentStore> store_;
  LogLimits limits_;
  std::uint64_t next_cycle_;
  std::uint64_t missing_ = 0;
  Books books_;
  std::shared_ptr<const allocation::Plan> last_plan_; ///< null: a whole picture is due
  Digest last_memory_{};                              ///< of that plan
  std::string buffer_;
  std::deque<Segment> others_; ///< the finished ones, the oldest first
  std::uint64_t others_bytes_ = 0;
  bool is_open_ = false;
  std::uint64_t written_ = 0;     ///< bytes of the segment, and of those
  std::uint64_t committed_ = 0;   ///< bytes up to the last cycle that counts
  std::uint64_t picture_ = 0;     ///< bytes of the last whole picture, be it written or refused
  std::uint64_t differences_ = 0; ///< bytes since
};

/// What a folder holds already: where to go on counting. A newest segment whose tail a crash tore
/// is cut back to its last whole cycle; `note` tells what cannot be used, and is empty otherwise.
struct Recovery {
  std::uint64_t next_cycle = 1;
  std::string note{};
};
[[nodiscard]] Result<Recovery> recover(const std::string& folder);

/// A writer that goes on where the folder's log ends.
struct OpenedLog {
  std::unique_ptr<LogWriter> writer{};
  std::string note{}; ///< as of recover()
};
/// Makes the folder, and reads its newest segment. Invalid if the folder cannot be used.
[[nodiscard]] Result<OpenedLog> open_log(const std::string& folder, LogLimits limits);

} // namespace berth::decision_log
