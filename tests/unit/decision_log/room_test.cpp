// What a log does where there is too little room for it: within its limit, and on its volume.

#include <catch2/catch.hpp>

#include "lib/decision_log/log_writer.hpp"
#include "lib/decision_log/replay.hpp"
#include "tests/support/decision_log/busy_world.hpp"
#include "tests/support/decision_log/stores.hpp"

using namespace berth;
using namespace berth::decision_log;
using namespace berth::decision_log::testing;

namespace {

/// A cluster of so many nodes, each of which is some hundred bytes of a picture, and a few pods.
class WideWorld {
public:
  explicit WideWorld(int nodes) {
    world_.add_all(pool("p"), quota("team-a").of("team-a").pool("p").cpu(1000));
    for (int i = 0; i < nodes; ++i)
      world_.add(node("node-with-a-long-name-" + std::to_string(i), 8));
  }

  /// One pod more, and one cycle.
  Cycle step() {
    allocation::PodView arriving = pod("pod-" + std::to_string(++arrived_)).cpu(1);
    arriving.created = world_.now;
    world_.add(arriving);
    if (arrived_ > kPods)
      world_.state.remove_pod(PodUid{"uid-pod-" + std::to_string(arrived_ - kPods)});
    Cycle cycle;
    cycle.snapshot = world_.snapshot();
    cycle.policy = world_.policy;
    cycle.now = world_.now;
    cycle.seed = 1;
    cycle.plan = std::make_shared<const allocation::Plan>(world_.step());
    world_.now += 1s;
    return cycle;
  }

private:
  static constexpr int kPods = 3;
  World world_;
  int arrived_ = 0;
};

std::uint64_t picture_bytes(int nodes) {
  Disk disk;
  LogWriter writer(std::make_unique<DiskStore>(disk), {}, 1);
  WideWorld world(nodes);
  REQUIRE(writer.append(world.step()));
  return disk.used();
}

LogLimits at_most(std::uint64_t bytes) {
  LogLimits limits;
  limits.bytes_max = bytes;
  return limits;
}

std::size_t pictures_in(const ReadLog& log) {
  return static_cast<std::size_t>(std::ranges::count(log.cycles, true, &LoggedCycle::is_whole));
}

void check_replays(const ReadLog& log) {
  Replayer replayer;
  for (const LoggedCycle& logged : log.cycles) {
    const auto replayed = replayer.play(logged);
    REQUIRE(replayed);
    CHECK(difference(logged.line, *replayed) == "");
  }
}

} // namespace

TEST_CASE("A picture of more than an eighth of the limit is followed by differences") {
  constexpr int kNodes = 400;
  const std::uint64_t picture = picture_bytes(kNodes);
  const auto parts = GENERATE(as<std::uint64_t>{}, 1, 2, 3, 5, 8);
  CAPTURE(parts);
  Disk disk;
  const LogLimits limits = at_most(parts * picture + picture / 4);
  LogWriter writer(std::make_unique<DiskStore>(disk), limits, 1);
  WideWorld world(kNodes);
  for (int i = 0; i < 20; ++i) {
    REQUIRE(writer.append(world.step()));
    CHECK(disk.used() <= limits.bytes_max);
  }
  const ReadLog log = read_log(CopiedDisk(disk).path());
  CHECK(log.notices.empty());
  CHECK(log.cycles.back().line.cycle == 20);
  CHECK(log.cycles.size() >= 2);
  CHECK(2 * pictures_in(log) <= log.cycles.size());
  check_replays(log);
}

TEST_CASE("Four pictures of room keep the past while the next picture is written") {
  constexpr int kNodes = 60;
  const std::uint64_t picture = picture_bytes(kNodes);
  Disk disk;
  LogLimits limits = at_most(kPicturesMin * picture + picture / 2);
  LogWriter writer(std::make_unique<DiskStore>(disk), limits, 1);
  WideWorld world(kNodes);
  for (int i = 0; i < 200; ++i)
    REQUIRE(writer.append(world.step()));
  CHECK_FALSE(disk.files.contains(segment_name(1)));
  CHECK(disk.files.size() >= 2);
}

TEST_CASE("A picture that is larger than the log may be is refused with the limit that would do") {
  constexpr int kNodes = 400;
  const std::uint64_t picture = picture_bytes(kNodes);
  Disk disk;
  LogWriter writer(std::make_unique<DiskStore>(disk), at_most(picture / 2), 1);
  WideWorld world(kNodes);
  const auto refused = writer.append(world.step());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::TooLarge);
  CHECK(disk.used() == 0);
  CHECK(writer.missing() == 1);
  CHECK(writer.bytes_needed() >= kPicturesMin * picture);
  CHECK(refused.error().message.find("raise --decision-log-max-bytes to " +
                                     std::to_string(writer.bytes_needed())) != std::string::npos);
}

TEST_CASE("Nothing older goes for a picture that has no room even so") {
  Disk disk;
  const LogLimits limits = at_most(picture_bytes(400) / 2);
  {
    LogWriter writer(std::make_unique<DiskStore>(disk), limits, 1);
    WideWorld small(10);
    for (int i = 0; i < 10; ++i)
      REQUIRE(writer.append(small.step()));
  }
  const auto before = read_log(CopiedDisk(disk).path()).cycles.size();
  CHECK(before == 10);
  LogWriter writer(std::make_unique<DiskStore>(disk), limits, 11);
  WideWorld grown(400);
  for (int i = 0; i < 3; ++i)
    CHECK_FALSE(writer.append(grown.step()));
  CHECK(read_log(CopiedDisk(disk).path()).cycles.size() == before);
}

TEST_CASE("On a volume that is full the oldest segments give way, and the log goes on") {
  Disk disk;
  LogLimits limits;
  limits.segment_share = limits.bytes_max / 20'000;
  LogWriter writer(std::make_unique<DiskStore>(disk), limits, 1);
  WideWorld world(20);
  while (disk.files.size() < 4)
    REQUIRE(writer.append(world.step()));
  disk.room = disk.used() + 100; // somebody else took the rest
  std::uint64_t last = 0;
  for (int i = 0; i < 60; ++i) {
    REQUIRE(writer.append(world.step()));
    CHECK(disk.used() <= disk.room);
    last = writer.next_cycle() - 1;
  }
  CHECK_FALSE(disk.files.contains(segment_name(1)));
  const ReadLog log = read_log(CopiedDisk(disk).path());
  CHECK(log.notices.empty());
  CHECK(log.cycles.back().line.cycle == last);
  CHECK(2 * pictures_in(log) <= log.cycles.size());
  check_replays(log);
}

TEST_CASE("A full volume costs no segment for a record that has no room even so") {
  Disk disk;
  LogLimits limits;
  limits.segment_share = limits.bytes_max / 20'000;
  {
    LogWriter writer(std::make_unique<DiskStore>(disk), limits, 1);
    WideWorld small(10);
    while (disk.files.size() < 3)
      REQUIRE(writer.append(small.step()));
  }
  const auto before = read_log(CopiedDisk(disk).path()).cycles.size();
  disk.room = disk.used();
  LogWriter writer(std::make_unique<DiskStore>(disk), limits, before + 1);
  WideWorld grown(2'000);
  const auto refused = writer.append(grown.step());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("no space left") != std::string::npos);
  CHECK(read_log(CopiedDisk(disk).path()).cycles.size() == before);
}

TEST_CASE("A gap is in the log: its picture says how many cycles are missing before it") {
  Disk disk;
  LogWriter writer(std::make_unique<DiskStore>(disk), {}, 1);
  WideWorld world(3);
  REQUIRE(writer.append(world.step()));
  for (int i = 0; i < 3; ++i)
    static_cast<void>(world.step());
  writer.skip(3);
  REQUIRE(writer.append(world.step()));
  REQUIRE(writer.append(world.step()));
  const ReadLog log = read_log(CopiedDisk(disk).path());
  REQUIRE(log.cycles.size() == 3);
  CHECK(log.cycles[0].missing == 0);
  CHECK(log.cycles[1].missing == 3);
  CHECK(log.cycles[1].is_whole);
  CHECK(log.cycles[2].missing == 0);
  REQUIRE(log.notices.size() == 1);
  CHECK_FALSE(log.notices[0].is_damage);
  CHECK(log.notices[0].text.find("3 cycles before cycle 2 were not recorded") != std::string::npos);
  check_replays(log);
}
