#include "lib/base/name_hash.hpp"

#include <set>
#include <string>

#include <catch2/catch.hpp>

using berth::hash_name;

TEST_CASE("Equal names hash equally, wherever they stand in memory") {
  const std::string text = "xip-10-0-0-1.internal";
  for (std::size_t bytes = 0; bytes <= 20; ++bytes)
    CHECK(hash_name(std::string_view(text).substr(1, bytes)) ==
          hash_name(std::string(text, 1, bytes)));
}

TEST_CASE("Names that differ in one byte or in their length hash differently") {
  for (std::size_t bytes = 1; bytes <= 40; ++bytes) {
    const std::string name(bytes, 'a');
    std::set<std::uint64_t> hashes{hash_name(name), hash_name(name + "a")};
    for (std::size_t i = 0; i < bytes; ++i) {
      std::string other = name;
      other[i] = 'b';
      hashes.insert(hash_name(other));
    }
    CHECK(hashes.size() == bytes + 2);
  }
}

TEST_CASE("Numbered names fill a table evenly") {
  constexpr std::size_t kSlots = 16'384;
  for (const std::string suffix : {"", ".eu-central-1.compute.internal"}) {
    std::vector<int> taken(kSlots);
    int worst = 0;
    for (int i = 0; i < 10'000; ++i)
      worst = std::max(worst, ++taken[hash_name("node-" + std::to_string(i) + suffix) % kSlots]);
    CHECK(worst <= 8); // about what chance gives
  }
}
