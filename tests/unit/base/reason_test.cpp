#include <catch2/catch.hpp>

#include <set>
#include <string>

#include "lib/base/reason.hpp"

TEST_CASE("every reason has one CamelCase name that leads back to it, and a sentence") {
  std::set<std::string_view> names;
  for (const berth::Reason reason : berth::all_reasons()) {
    const std::string_view name = to_string(reason);
    INFO(name);
    CHECK(names.insert(name).second);
    CHECK(berth::reason_from(name) == reason);
    CHECK((name.front() >= 'A' && name.front() <= 'Z'));
    CHECK(name.find_first_of(" -_.") == std::string_view::npos);
    CHECK(meaning(reason).ends_with('.'));
  }
  CHECK(names.size() == berth::all_reasons().size());
}

TEST_CASE("a word outside the list is no reason") {
  CHECK_FALSE(berth::reason_from("admitted").has_value());
  CHECK_FALSE(berth::reason_from("").has_value());
}
