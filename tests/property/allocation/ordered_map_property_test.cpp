#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <map>

#include "lib/allocation/ordered_map.hpp"

using berth::allocation::OrderedMap;
using berth::allocation::OrderedView;

namespace {

template <class Map>
std::map<int, int> contents(const Map& map) {
  std::map<int, int> entries;
  int last = -1;
  map.for_each([&](int key, int value) {
    RC_ASSERT(key > last);
    last = key;
    entries.emplace(key, value);
  });
  return entries;
}

} // namespace

TEST_CASE("an ordered map is a std::map, and its views are frozen copies") {
  REQUIRE(rc::check("against std::map", [] {
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        *rc::gen::inRange(0, 2000),
        rc::gen::pair(rc::gen::inRange(0, 400), rc::gen::inRange(0, 10)));
    OrderedMap<int, int> map;
    std::map<int, int> model;
    std::vector<std::pair<OrderedView<int, int>, std::map<int, int>>> frozen;
    for (const auto& [key, action] : steps) {
      if (action == 0)
        frozen.emplace_back(map.snapshot(), model);
      else if (action < 4)
        RC_ASSERT(map.erase(key) == (model.erase(key) == 1));
      else
        map.set(key, model[key] = action);
      RC_ASSERT((map.find(key) != nullptr) == model.contains(key));
    }
    RC_ASSERT(contents(map) == model);
    RC_ASSERT(map.size() == model.size());
    for (const auto& [view, expected] : frozen)
      RC_ASSERT(contents(view) == expected);
  }));
}
