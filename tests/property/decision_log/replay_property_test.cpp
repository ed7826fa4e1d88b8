// X4 on busy clusters: what was recorded over many cycles, by differences, is decided again with
// the same digests, however often the log began a new segment.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "lib/decision_log/log_writer.hpp"
#include "lib/decision_log/replay.hpp"
#include "tests/support/decision_log/busy_world.hpp"
#include "tests/support/decision_log/stores.hpp"

using namespace berth;
using namespace berth::decision_log;
using namespace berth::decision_log::testing;

namespace {

constexpr int kCycles = 25;

/// The texts of all objects: what allocation::ClusterSnapshot does not compare by itself.
std::vector<std::string> objects_of(const Cycle& cycle) {
  std::vector<std::string> lines;
  InputBook book;
  book.note(cycle, [&](std::string line) { lines.push_back(std::move(line)); });
  return lines;
}

} // namespace

TEST_CASE("X4: a log replays bit for bit, through differences and new segments") {
  std::size_t admitted = 0;
  std::size_t evicted = 0;
  CHECK(rc::check("replay", [&](std::uint64_t seed, bool small_segments) {
    const TempFolder folder;
    std::vector<Cycle> cycles;
    {
      LogLimits limits;
      if (small_segments)
        limits.segment_share = limits.bytes_max / 20'000;
      LogWriter writer(*open_folder(folder.path()), limits, 1);
      BusyWorld world(seed);
      for (int i = 0; i < kCycles; ++i) {
        cycles.push_back(world.step());
        RC_ASSERT(writer.append(cycles.back()).has_value());
      }
    }
    const ReadLog log = read_log(folder.path());
    RC_ASSERT(log.notices.empty());
    RC_ASSERT(log.cycles.size() == cycles.size());
    Replayer replayer;
    for (std::size_t i = 0; i < cycles.size(); ++i) {
      const auto replayed = replayer.play(log.cycles[i]);
      RC_ASSERT(replayed.has_value());
      RC_ASSERT(log.cycles[i].line.cycle == i + 1);
      RC_ASSERT(difference(log.cycles[i].line, *replayed) == "");
      RC_ASSERT(digest_plan(*cycles[i].plan).decision == replayed->decision);
      RC_ASSERT(objects_of(cycles[i]) == objects_of(replayed->cycle));
      admitted += replayed->decision.admitted.size();
      evicted += replayed->decision.evicted.size();
    }
  }));
  CHECK(admitted > 0);
  CHECK(evicted > 0);
}

TEST_CASE("X4: another seed, time or object gives another input digest") {
  BusyWorld world(7);
  Cycle cycle = world.step();
  const Digest memory = memory_digest(cycle.policy);
  InputBook book;
  const auto nobody = [](const std::string&) {};
  book.note(cycle, nobody);
  const Digest first = book.input_digest(cycle, memory);
  cycle.seed = 2;
  CHECK(book.input_digest(cycle, memory) != first);
  cycle.seed = 1;
  CHECK(book.input_digest(cycle, memory) == first);
  cycle.now += 1ms;
  CHECK(book.input_digest(cycle, memory) != first);
  cycle.now -= 1ms;
  cycle.policy.placement.candidates += 1;
  book.note(cycle, nobody);
  CHECK(book.input_digest(cycle, memory) != first);
  cycle.policy.placement.candidates -= 1;
  book.note(cycle, nobody);
  CHECK(book.input_digest(cycle, memory) == first);
}
