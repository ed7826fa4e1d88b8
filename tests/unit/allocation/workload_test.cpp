#include <catch2/catch.hpp>

#include "lib/allocation/workload.hpp"

using namespace berth::allocation;

namespace {

GangMembership gang(const Labels& labels, const Labels& annotations,
                    std::optional<std::int32_t> parallelism = {}) {
  const auto found = gang_of({labels, annotations, parallelism});
  REQUIRE(found.has_value());
  REQUIRE(found->has_value());
  return **found;
}

} // namespace

TEST_CASE("a pod without any gang label is a workload of its own") {
  const Labels labels{{"app", "web"}};
  const Labels none;
  const auto found = gang_of({labels, none, 4});
  REQUIRE(found.has_value());
  CHECK_FALSE(found->has_value());
}

TEST_CASE("gangs are read from the labels that users have already") {
  CHECK(gang({{"berth.dev/workload", "g"}, {"berth.dev/workload-size", "3"}}, {}) ==
        GangMembership{"g", 3});
  CHECK(gang({{"kueue.x-k8s.io/pod-group-name", "g"}},
             {{"kueue.x-k8s.io/pod-group-total-count", "4"}}) == GangMembership{"g", 4});
  CHECK(gang({{"scheduling.x-k8s.io/pod-group", "g"}, {"berth.dev/workload-size", "2"}}, {}) ==
        GangMembership{"g", 2});
  CHECK(gang({}, {{"scheduling.k8s.io/group-name", "g"}, {"berth.dev/workload-size", "5"}}) ==
        GangMembership{"g", 5});
  CHECK(gang({}, {{"pod-group-name", "g"}}, 6) == GangMembership{"g", 6});
}

TEST_CASE("our own label comes first, the owner's parallelism last") {
  CHECK(gang({{"berth.dev/workload", "ours"},
              {"kueue.x-k8s.io/pod-group-name", "theirs"},
              {"berth.dev/workload-size", "2"}},
             {{"kueue.x-k8s.io/pod-group-total-count", "9"}}, 7) == GangMembership{"ours", 2});
}

TEST_CASE("G3: a gang with a most number of members is elastic, unless that is its size") {
  const auto with_max = [](const char* most) {
    const Labels labels{{"berth.dev/workload", "g"},
                        {"berth.dev/workload-size", "3"},
                        {"berth.dev/workload-max", most}};
    const Labels none;
    return gang_of({labels, none, {}});
  };
  CHECK(with_max("5").value() == GangMembership{"g", 5, 3});
  CHECK(with_max("3").value() == GangMembership{"g", 3});
  REQUIRE_FALSE(with_max("2").has_value());
  CHECK(with_max("2").error().message ==
        "berth.dev/workload-max: 2 is less than berth.dev/workload-size, which is 3");
  CHECK_FALSE(with_max("many").has_value());
}

TEST_CASE("a gang without a size, or with one that is no number from 1 on, is invalid") {
  const Labels named{{"berth.dev/workload", "g"}};
  const Labels none;
  CHECK_FALSE(gang_of({named, none, {}}).has_value());
  CHECK_FALSE(gang_of({named, none, 0}).has_value());
  for (const char* size : {"", "0", "-1", "x", "2x", "10001", "99999999999"}) {
    INFO(size);
    const Labels labels{{"berth.dev/workload", "g"}, {"berth.dev/workload-size", size}};
    CHECK_FALSE(gang_of({labels, none, 4}).has_value());
  }
}
