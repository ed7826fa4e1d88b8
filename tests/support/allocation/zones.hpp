#pragma once
// Time zones for tests without reading the machine's files: a minimal TZif file (RFC 9636, version
// 2) around a POSIX rule, with changes before it if wanted.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/allocation/time_zone.hpp"

namespace berth::allocation::testing {

/// (seconds since 1970, offset after it in seconds)
using ZoneChanges = std::vector<std::pair<std::int64_t, std::int32_t>>;

inline void put(std::vector<std::uint8_t>& bytes, std::int64_t value, int width) {
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8)
    bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> shift));
}

inline void put_header(std::vector<std::uint8_t>& bytes, std::int64_t changes, std::int64_t types) {
  for (const char c : std::string("TZif2"))
    bytes.push_back(static_cast<std::uint8_t>(c));
  bytes.insert(bytes.end(), 15, 0);
  for (const std::int64_t count :
       {std::int64_t{0}, std::int64_t{0}, std::int64_t{0}, changes, types, std::int64_t{4}})
    put(bytes, count, 4);
}

/// Type i + 1 has the offset of change i; type 0 the first offset.
inline std::vector<std::uint8_t> tzif_bytes(const std::string& rule,
                                            const ZoneChanges& changes = {},
                                            std::int32_t first_offset = 0) {
  std::vector<std::uint8_t> bytes;
  put_header(bytes, 0, 1);
  bytes.insert(bytes.end(), 6 + 4, 0);
  put_header(bytes, static_cast<std::int64_t>(changes.size()),
             static_cast<std::int64_t>(changes.size()) + 1);
  for (const auto& [at, offset] : changes)
    put(bytes, at, 8);
  for (std::size_t i = 0; i < changes.size(); ++i)
    bytes.push_back(static_cast<std::uint8_t>(i + 1));
  put(bytes, first_offset, 4);
  put(bytes, 0, 2);
  for (const auto& [at, offset] : changes) {
    put(bytes, offset, 4);
    put(bytes, 0, 2);
  }
  bytes.insert(bytes.end(), 4, 0);
  for (const char c : "\n" + rule + "\n")
    bytes.push_back(static_cast<std::uint8_t>(c));
  return bytes;
}

/// A zone that follows a POSIX rule for ever; ends the program if the rule is wrong.
inline std::shared_ptr<const TimeZone> zone(const std::string& rule) {
  return TimeZone::from_tzif(rule, tzif_bytes(rule)).value();
}

inline const std::string kBerlin = "CET-1CEST,M3.5.0,M10.5.0/3";
inline const std::string kNewYork = "EST5EDT,M3.2.0,M11.1.0";

} // namespace berth::allocation::testing
