#include <catch2/catch.hpp>

#include "lib/allocation/ordered_map.hpp"

using berth::allocation::OrderedMap;

namespace {

std::vector<std::pair<int, int>> contents(const auto& map) {
  std::vector<std::pair<int, int>> entries;
  map.for_each([&](int key, int value) { entries.emplace_back(key, value); });
  return entries;
}

} // namespace

TEST_CASE("an ordered map finds, replaces and erases") {
  OrderedMap<int, int> map;
  CHECK(map.find(1) == nullptr);
  CHECK_FALSE(map.erase(1));
  map.set(2, 20);
  map.set(1, 10);
  map.set(2, 21);
  CHECK(contents(map) == std::vector<std::pair<int, int>>{{1, 10}, {2, 21}});
  CHECK(map.erase(1));
  CHECK(map.find(1) == nullptr);
  CHECK(map.erase(2));
  CHECK(map.empty());
  map.set(3, 30);
  CHECK(*map.find(3) == 30);
}

TEST_CASE("a view never changes, whatever is written afterwards") {
  OrderedMap<int, int> map;
  for (int i = 0; i < 1000; ++i)
    map.set(i, i);
  const auto before = map.snapshot();
  const auto expected = contents(before);
  for (int i = 0; i < 1000; i += 2)
    map.erase(i);
  for (int i = 0; i < 500; ++i)
    map.set(i, -i);
  const auto after = map.snapshot();
  map.set(9999, 1);
  CHECK(contents(before) == expected);
  CHECK(after.size() == 750);
  CHECK(after.find(9999) == nullptr);
  CHECK(*after.find(3) == -3);
  CHECK(*before.find(3) == 3);
}

TEST_CASE("a view outlives its map") {
  auto map = std::make_unique<OrderedMap<int, int>>();
  map->set(1, 10);
  const auto view = map->snapshot();
  map.reset();
  CHECK(*view.find(1) == 10);
}
