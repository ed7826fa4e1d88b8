#pragma once
// The lines of the log besides those of objects: the one that begins a whole picture, those that
// say what was granted, taken and refused, and the one that ends a cycle. A cycle counts only with
// its last line, so that one which a crash cut short never was. Each line is framed by its length
// and a checksum.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/decision_log/audit.hpp"
#include "lib/decision_log/plan_digest.hpp"

namespace berth::decision_log {

/// Raised when an older program would misread what a newer one writes, or the other way round.
inline constexpr std::int64_t kFormat = 6;

/// All that is known before is void, and the whole picture follows.
struct PictureLine {
  std::int64_t format = kFormat;
  std::string program{}; ///< the version that writes
  /// Cycles that were decided since the last record and are in no record; those of an earlier
  /// program are not counted.
  std::uint64_t missing = 0;
};

struct CycleLine {
  std::uint64_t cycle = 0; ///< counted from 1 over the life of the folder
  std::uint64_t generation = 0;
  TimePoint as_of{}; ///< of the snapshot
  TimePoint now{};
  std::uint64_t seed = 0;
  /// The memory is what the cycle before gave back; else a Memory object says it.
  bool memory_follows = false;
  std::string input{}; ///< digest
  LoggedDecision decision{};

  friend bool operator==(const CycleLine&, const CycleLine&) = default;
};

[[nodiscard]] std::string line_of(const PictureLine& picture);
[[nodiscard]] std::string line_of(const CycleLine& cycle);
[[nodiscard]] std::string line_of(const AuditEntry& entry);

enum class LineKind { Picture, Cycle, Audit, Change };
/// By its first key; what is none of the first three is taken for a change.
[[nodiscard]] LineKind kind_of(std::string_view line);
/// Invalid for another format, naming both.
[[nodiscard]] Result<PictureLine> read_picture(std::string_view line);
[[nodiscard]] Result<CycleLine> read_cycle(std::string_view line);
[[nodiscard]] Result<AuditEntry> read_entry(std::string_view line);

/// "<bytes> <CRC-32C, eight hexadecimal digits> <line>\n"; the line has no line feed in it.
[[nodiscard]] std::string framed(std::string_view line);

/// The first framed line of `bytes`. Nothing if it is not all there yet.
struct Framed {
  std::string_view line{};
  std::size_t bytes = 0; ///< with its frame
};
/// Invalid if the bytes are no frame, are longer than `line_bytes_max`, or fail their checksum.
[[nodiscard]] Result<std::optional<Framed>> take_framed(std::string_view bytes,
                                                        std::size_t line_bytes_max);

/// CRC-32C (Castagnoli), as of iSCSI and ext4.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes);

} // namespace berth::decision_log
