#pragma once
// The history as bytes, so that a restart does not forget two weeks: a cache, and nothing but that.
// One that is damaged, of another version or of another step is refused as a whole and the analyzer
// measures anew. tests/fuzz/history_snapshot feeds the decoder.
//
//   magic "BERTHIST" | version u32 | step ms u64 | marks u32 | series u32
//   mark:    name | value f64 | seen ms i64
//   series:  name | days u16, each: length u32, bytes | samples u32, each: time ms i64, value f32
//   name:    length u16, bytes                                  FNV-1a of all before: u64
// All numbers with the lowest byte first.

#include <string>
#include <string_view>

#include "analyzer/model/history/history.hpp"
#include "lib/base/result.hpp"

namespace berth::analyzer {

inline constexpr std::uint32_t kSnapshotVersion = 2;
inline constexpr std::size_t kSnapshotBytesMax = std::size_t{256} << 20U;

[[nodiscard]] std::string encode_snapshot(const History& history);

/// Fills an empty `into`. What is in the future of `now` is left out. Invalid: nothing was taken.
[[nodiscard]] Result<void> decode_snapshot(std::string_view bytes, TimePoint now, History& into);

} // namespace berth::analyzer
