#include <catch2/catch.hpp>

#include "lib/api/json_reading.hpp"

using namespace berth::api;

TEST_CASE("What an object holds is read by name and by pointer") {
  const Json pod = {{"kind", "Pod"}, {"spec", {{"priority", 7}}}};
  CHECK(text_in(pod, "kind") == "Pod");
  CHECK(text_at(pod, "/kind") == "Pod");
  CHECK(integer_in(member_in(pod, "spec"), "priority") == 7);
  CHECK(integer_at(pod, "/spec/priority") == 7);
}

TEST_CASE("What is absent or of another type reads as null, empty or zero") {
  const Json odd = {{"spec", "text"}, {"count", 1.5}, {"name", 3}, {"items", {1, 2}}};
  CHECK(member_in(odd, "none").is_null());
  CHECK(member_in(odd["spec"], "none").is_null());
  CHECK(member_in(nullptr, "none").is_null());
  CHECK(member_at(odd, "/spec/deeper/still").is_null());
  CHECK(member_at(odd, "/items/9").is_null());
  CHECK(text_in(odd, "name").empty());
  CHECK(text_at(odd, "/items/0").empty());
  CHECK(integer_in(odd, "count") == 0);
  CHECK(integer_at(odd, "/spec/replicas", 1) == 1);
}
