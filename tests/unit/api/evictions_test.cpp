#include "lib/api/evictions.hpp"

#include <catch2/catch.hpp>

namespace berth::api {

TEST_CASE("evictions are written as the API server takes them, and read back") {
  const std::vector<Eviction> evictions{{{"shop", "web-1"}, "u-1"}, {{"ops", "x"}, "u-2"}};
  const RecommendedAction action = evict(evictions);
  CHECK(action.subresource == PatchSubresource::Eviction);
  CHECK(action.patch ==
        R"({"apiVersion":"v1","items":[)"
        R"({"apiVersion":"policy/v1","deleteOptions":{"preconditions":{"uid":"u-1"}},)"
        R"("kind":"Eviction","metadata":{"name":"web-1","namespace":"shop"}},)"
        R"({"apiVersion":"policy/v1","deleteOptions":{"preconditions":{"uid":"u-2"}},)"
        R"("kind":"Eviction","metadata":{"name":"x","namespace":"ops"}}],"kind":"List"})");
  CHECK(evictions_of(action) == evictions);
}

TEST_CASE("an action of another kind, or a list of something else, has no evictions") {
  RecommendedAction action = evict({{{"shop", "web-1"}, "u-1"}});
  action.subresource = PatchSubresource::Scale;
  CHECK_FALSE(evictions_of(action));
  action.subresource = PatchSubresource::Eviction;
  for (const char* patch : {"", "{", "[]", R"({"items":{}})", R"({"items":["web-1"]})",
                            R"({"items":[{"metadata":{"name":"web-1"}}]})"}) {
    CAPTURE(patch);
    action.patch = patch;
    CHECK_FALSE(evictions_of(action));
  }
}

TEST_CASE("the most evictions that a plan has fit into an action") {
  // 16,384 characters, by the definition of the resource; the longest names there can be.
  const Eviction longest{{std::string(63, 'n'), std::string(253, 'p')}, std::string(36, 'u')};
  CHECK(evict(std::vector<Eviction>(10, longest)).patch.size() < 16'384);
}

} // namespace berth::api
