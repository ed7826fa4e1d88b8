#pragma once
// A quick hash for tables of names that administrators choose, such as nodes: eight bytes at a
// step, good for names that differ in a few digits only. It is not seeded: where names come from
// users, the table must bound what names made to collide can cost.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace berth {

[[nodiscard]] inline std::uint64_t hash_name(std::string_view name) {
  constexpr std::uint64_t kFirst = 0x9E3779B97F4A7C15U; // odd, from the golden ratio
  constexpr std::uint64_t kSecond = 0xD6E8FEB86659FD93U;
  constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
  std::uint64_t hash = name.size() * kFirst;
  const auto add = [&hash](const char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, kWordBytes);
    hash = (std::rotl(hash, 23) ^ word) * kFirst;
  };
  if (name.size() >= kWordBytes) {
    const char* const last = name.data() + name.size() - kWordBytes;
    for (const char* at = name.data(); at < last; at += kWordBytes)
      add(at);
    add(last); // may overlap the word before
  } else {
    for (const char byte : name)
      hash = (std::rotl(hash, 23) ^ static_cast<unsigned char>(byte)) * kFirst;
  }
  hash = (hash ^ (hash >> 32U)) * kSecond;
  return hash ^ (hash >> 32U);
}

/// The hash of each name, in their order: names that are looked up more than once are hashed once.
inline void hash_names(std::span<const std::string_view> names,
                       std::vector<std::uint64_t>& hashes) {
  hashes.resize(names.size());
  for (std::size_t i = 0; i < names.size(); ++i)
    hashes[i] = hash_name(names[i]);
}

} // namespace berth
