#pragma once
// FNV-1a of 64 bits (Fowler, Noll, Vo): short names and checksums that stay the same over versions
// and platforms. Anybody can make two texts collide: never for what must not be forged.

#include <cstdint>
#include <string_view>

namespace berth {

[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  for (const char byte : bytes)
    hash = (hash ^ static_cast<unsigned char>(byte)) * 1'099'511'628'211ULL;
  return hash;
}

} // namespace berth
