// The recorder's thread: nobody waits for it, whatever the disk does.

#include <atomic>
#include <future>

#include <catch2/catch.hpp>

#include "lib/decision_log/recorder.hpp"
#include "lib/decision_log/replay.hpp"
#include "tests/support/decision_log/busy_world.hpp"
#include "tests/support/decision_log/stores.hpp"

using namespace berth;
using namespace berth::decision_log;
using namespace berth::decision_log::testing;

namespace {

std::vector<Cycle> cycles_of(std::uint64_t seed, std::size_t count) {
  BusyWorld world(seed);
  std::vector<Cycle> cycles;
  while (cycles.size() < count)
    cycles.push_back(world.step());
  return cycles;
}

OpenLog on(Disk& disk) {
  return [&disk]() -> Result<OpenedLog> {
    return OpenedLog{std::make_unique<LogWriter>(std::make_unique<DiskStore>(disk), LogLimits{}, 1),
                     {}};
  };
}

/// A volume that hangs until it is let go.
struct HungVolume {
  std::promise<void> go{};
  /// Nobody will open it any more.
  std::shared_ptr<std::promise<void>> gone = std::make_shared<std::promise<void>>();

  [[nodiscard]] OpenLog opening(Disk& disk) {
    const std::shared_ptr<void> alive(nullptr, [told = gone](void*) { told->set_value(); });
    return [open = on(disk), released = go.get_future().share(), alive] {
      released.wait();
      return open();
    };
  }
};

std::vector<std::uint64_t> replayed_cycles(const Disk& disk) {
  std::vector<std::uint64_t> cycles;
  Replayer replayer;
  for (const LoggedCycle& logged : read_log(CopiedDisk(disk).path()).cycles) {
    const auto replayed = replayer.play(logged);
    REQUIRE(replayed);
    CHECK(difference(logged.line, *replayed) == "");
    cycles.push_back(logged.line.cycle);
  }
  return cycles;
}

} // namespace

TEST_CASE("The recorder writes all that it was given before it goes") {
  Disk disk;
  int recorded = 0;
  {
    RecorderEvents events;
    events.recorded = [&] { ++recorded; };
    Recorder recorder(on(disk), std::move(events));
    for (const Cycle& cycle : cycles_of(10, 5))
      recorder.record(cycle);
  }
  CHECK(recorded == 5);
  CHECK(replayed_cycles(disk).size() == 5);
}

TEST_CASE("The recorder leaves a failing disk alone for a while, and goes on with a picture") {
  Disk disk;
  disk.room = 100;
  int failed = 0;
  int dropped = 0;
  std::uint64_t missing = 0;
  const auto cycles = cycles_of(11, 4);
  {
    RecorderEvents events;
    events.failed = [&](const Error&) {
      ++failed;
      disk.room = UINT64_MAX; // and yet it is not tried again at once
    };
    events.dropped = [&] { ++dropped; };
    events.resumed = [&](std::uint64_t lost) { missing = lost; };
    Recorder recorder(on(disk), std::move(events));
    recorder.record(cycles[0]);
    Cycle soon = cycles[1];
    soon.now = cycles[0].now + Recorder::kRetryInterval - 1ms;
    recorder.record(soon);
    Cycle later = cycles[2];
    later.now = cycles[0].now + Recorder::kRetryInterval;
    recorder.record(later);
  }
  CHECK(failed == 1);
  CHECK(dropped == 1);
  CHECK(missing == 2);
  const ReadLog log = read_log(CopiedDisk(disk).path());
  REQUIRE(log.cycles.size() == 1);
  CHECK(log.cycles[0].is_whole);
  CHECK(log.cycles[0].missing == 2);
}

TEST_CASE("While a volume hangs cycles queue up to a bound, and the log says what is missing") {
  constexpr std::size_t kLeftOut = 5;
  Disk disk;
  HungVolume volume;
  int fell_behind = 0;
  std::size_t dropped = 0;
  std::size_t recorded = 0;
  const auto cycles = cycles_of(12, Recorder::kQueueMax + kLeftOut + 2);
  {
    RecorderEvents events;
    events.fell_behind = [&] { ++fell_behind; };
    events.dropped = [&] { ++dropped; };
    events.recorded = [&] { ++recorded; };
    Recorder recorder(volume.opening(disk), std::move(events), 1h);
    for (const Cycle& cycle : cycles)
      recorder.record(cycle); // comes back although nothing is open
    volume.go.set_value();
  }
  // The thread may have taken the first cycle out of the queue already.
  CHECK(recorded + dropped == cycles.size());
  CHECK(recorded >= Recorder::kQueueMax);
  CHECK(dropped >= kLeftOut);
  // If it took it out of a full queue, that had room once more before it was full again.
  CHECK(fell_behind >= 1);
  CHECK(fell_behind <= 2);
  CHECK(replayed_cycles(disk).size() == recorded);
}

TEST_CASE("After cycles that had no room the next one is a picture that says how many") {
  Disk disk;
  HungVolume volume;
  std::promise<void> written;
  std::size_t dropped = 0;
  std::uint64_t missing = 0;
  std::size_t recorded = 0;
  auto cycles = cycles_of(13, Recorder::kQueueMax + 4);
  {
    std::atomic<std::size_t> queued{0};
    RecorderEvents events;
    events.dropped = [&] { ++dropped; };
    events.resumed = [&](std::uint64_t lost) { missing = lost; };
    events.recorded = [&] {
      if (++recorded == queued)
        written.set_value();
    };
    Recorder recorder(volume.opening(disk), std::move(events), 1h);
    for (std::size_t i = 0; i + 1 < cycles.size(); ++i)
      recorder.record(cycles[i]);
    queued = cycles.size() - 1 - dropped;
    volume.go.set_value();
    written.get_future().wait();
    recorder.record(cycles.back());
  }
  CHECK(dropped > 0);
  CHECK(missing == dropped);
  const ReadLog log = read_log(CopiedDisk(disk).path());
  CHECK(log.cycles.back().is_whole);
  CHECK(log.cycles.back().missing == dropped);
}

TEST_CASE("The recorder's end waits for a volume that hangs no longer than its bound") {
  Disk disk;
  HungVolume volume;
  bool is_told = false;
  auto gone = volume.gone->get_future();
  {
    RecorderEvents events;
    events.opened = [&](std::uint64_t, const std::string&) { is_told = true; };
    events.recorded = [&] { is_told = true; };
    Recorder recorder(volume.opening(disk), std::move(events), 1ms);
    for (const Cycle& cycle : cycles_of(14, 3))
      recorder.record(cycle);
  }
  volume.go.set_value();
  gone.wait(); // the thread has ended
  CHECK_FALSE(is_told);
}

TEST_CASE("A folder that cannot be opened is tried again later") {
  Disk disk;
  int tries = 0;
  int failed = 0;
  std::uint64_t missing = 0;
  const auto cycles = cycles_of(15, 2);
  {
    RecorderEvents events;
    events.failed = [&](const Error& error) {
      ++failed;
      CHECK(error.message.find("open the decision log") != std::string::npos);
    };
    events.resumed = [&](std::uint64_t lost) { missing = lost; };
    Recorder recorder(
        [&, open = on(disk)]() -> Result<OpenedLog> {
          if (++tries == 1)
            return fail(Code::Invalid, "/log: cannot be written to");
          return open();
        },
        std::move(events));
    recorder.record(cycles[0]);
    Cycle later = cycles[1];
    later.now = cycles[0].now + Recorder::kRetryInterval;
    recorder.record(later);
  }
  CHECK(tries == 2);
  CHECK(failed == 1);
  CHECK(missing == 1);
  CHECK(read_log(CopiedDisk(disk).path()).cycles.size() == 1);
}

TEST_CASE("The limit that would do is told when it changes") {
  Disk disk;
  std::vector<std::uint64_t> needed;
  {
    RecorderEvents events;
    events.sized = [&](std::uint64_t bytes) { needed.push_back(bytes); };
    Recorder recorder(on(disk), std::move(events));
    for (const Cycle& cycle : cycles_of(16, 4))
      recorder.record(cycle);
  }
  CHECK(needed == std::vector<std::uint64_t>{std::uint64_t{1} << 20U});
}
