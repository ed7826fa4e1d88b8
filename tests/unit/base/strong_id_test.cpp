#include <catch2/catch.hpp>

#include <sstream>
#include <type_traits>
#include <unordered_set>

#include "lib/base/strong_id.hpp"

using berth::NodeName;
using berth::QuotaName;

TEST_CASE("a name of one kind is no name of another, nor a plain string") {
  static_assert(!std::is_convertible_v<std::string, NodeName>);
  static_assert(!std::is_constructible_v<NodeName, QuotaName>);
  static_assert(!std::is_constructible_v<QuotaName, NodeName>);
  CHECK(NodeName{"b"} > NodeName{"a"});
  CHECK(NodeName{"a"} == NodeName{std::string_view("a")});
  CHECK(NodeName{}.empty());
  CHECK(std::unordered_set<NodeName>{NodeName{"a"}, NodeName{"a"}}.size() == 1);
}
