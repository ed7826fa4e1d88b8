// How often a pod that refuses to be resized is asked again.

#include "analyzer/advise/resize_refusals.hpp"

#include <catch2/catch.hpp>

namespace berth::analyzer {
namespace {

PodResize resize(const std::string& uid, const std::string& patch) {
  PodResize one;
  one.uid = uid;
  one.patch = patch;
  return one;
}

/// In which of so many turns a pod that refuses each time is asked.
std::vector<int> asked(ResizeRefusals& refusals, const PodResize& one, int turns) {
  std::vector<int> asked;
  for (int turn = 0; turn < turns; ++turn) {
    if (!refusals.is_due(one))
      continue;
    asked.push_back(turn);
    refusals.note(one, false);
  }
  return asked;
}

} // namespace

TEST_CASE("after each refusal twice as many turns are let pass, and 32 at most") {
  ResizeRefusals refusals;
  CHECK(asked(refusals, resize("a", "1"), 140) ==
        std::vector<int>{0, 2, 5, 10, 19, 36, 69, 102, 135});
}

TEST_CASE("another amount, another pod, and one that was resized meanwhile are asked at once") {
  ResizeRefusals refusals;
  const PodResize one = resize("a", "1");
  refusals.note(one, false);
  CHECK(refusals.is_due(resize("a", "2")));
  CHECK(refusals.is_due(resize("b", "1")));
  CHECK_FALSE(refusals.is_due(one));
  refusals.note(one, true);
  CHECK(refusals.is_due(one));
}

TEST_CASE("of how many pods it is remembered has a limit") {
  ResizeRefusals refusals;
  const PodResize first = resize("first", "1");
  refusals.note(first, false);
  for (std::size_t i = 0; i < ResizeRefusals::kPodsMax; ++i)
    refusals.note(resize(std::to_string(i), "1"), false);
  CHECK(refusals.is_due(first));
}

} // namespace berth::analyzer
