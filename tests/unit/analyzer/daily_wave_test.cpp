// A day that is like the days before it: replicas come before its peak, and go after it.

#include <cmath>
#include <cstdio>

#include <unistd.h>

#include <catch2/catch.hpp>

#include "analyzer/advise/history_file.hpp"
#include "analyzer/advise/series_names.hpp"
#include "tests/unit/analyzer/workload_world.hpp"

namespace berth::analyzer {
namespace {

using namespace std::chrono_literals;

/// Millicores of all pods together: 600 by night and 5,000 from ten to five, with an hour between.
double use_at(TimePoint at) {
  const double hour = std::chrono::duration<double, std::ratio<3600>>(
                          at - std::chrono::floor<std::chrono::days>(at))
                          .count();
  const double up = std::clamp(hour - 9, 0.0, 1.0);
  const double down = std::clamp(hour - 17, 0.0, 1.0);
  return 600 + 4400 * (up - down);
}

/// A Deployment whose use is known for four days, at an hour of the fifth.
struct WaveWorld : WorkloadWorld {
  WaveWorld(Duration hour, int replicas) {
    const TimePoint midnight = std::chrono::ceil<std::chrono::days>(executor.now());
    executor.run_for(midnight + hour - executor.now());
    History history{SeriesOptions{}};
    const std::string name = workload_series({api::ScalingTargetKind::Deployment, {"shop", "web"}},
                                             resources::ResourceName::cpu());
    for (TimePoint at = executor.now() - 4 * std::chrono::days{1}; at < executor.now(); at += 1min)
      ensure(history.add(name, {at, use_at(at)}, at) == SampleFate::Added, "the past is taken");
    ensure(write_history_file(file, history).has_value(), "the past is kept");
    add_deployment(replicas);
    add_policy(
        {{"actions", {"Replicas"}}, {"mode", "Auto"}, {"minReplicas", 2}, {"maxReplicas", 12}});
  }
  ~WaveWorld() { static_cast<void>(std::remove(file.c_str())); }

  [[nodiscard]] AdvisorOptions options() const {
    AdvisorOptions options = SimulatedAnalyzer::acting();
    options.history_file = file;
    return options;
  }
  /// Minute by minute; gives back the highest use of one core of its pods.
  double live_for(Duration span) {
    double most = 0;
    for (Duration passed{0}; passed < span; passed += 1min) {
      const double use = use_at(executor.now());
      share_for(1min, static_cast<int>(use), 50);
      most = std::max(most, use / (1000.0 * replicas()));
    }
    return most;
  }

  std::string file = "/tmp/berth-daily-wave-" + std::to_string(::getpid());
};

} // namespace

TEST_CASE("before the peak of each day replicas are added while use is still low") {
  WaveWorld world(8h + 15min, 2);
  SimulatedAnalyzer analyzer(world, world.options());
  static_cast<void>(world.live_for(40min));
  CHECK(use_at(world.executor.now()) == 600);
  CHECK(world.replicas() > 2);
  CHECK(world.live_for(65min) < 0.9); // the hour in which it rises
  CHECK(world.replicas() >= 6);
}

TEST_CASE(
    "after the peak of each day replicas are taken away again, though the day had that peak") {
  WaveWorld world(17h + 50min, 8);
  SimulatedAnalyzer analyzer(world, world.options());
  CHECK(world.live_for(150min) < 0.9);
  CHECK(world.replicas() <= 3);
}

} // namespace berth::analyzer
