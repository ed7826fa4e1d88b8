#include <catch2/catch.hpp>

#include "lib/async/simulated_executor.hpp"
#include "lib/kube/work_queue.hpp"

using namespace berth;
using namespace berth::kube;
using namespace std::chrono_literals;

namespace {

ObjectKey key(const std::string& name) {
  return {"team-a", name};
}

/// A queue whose reconcile takes `work_time` and answers what `answer` says.
struct Bench {
  explicit Bench(WorkQueueOptions given = {}) : queue(executor, given) {
    reconcile = [this](ObjectKey k) { return work(std::move(k)); };
    async::spawn(executor, run());
  }
  ~Bench() {
    stop.request_stop();
    executor.run_for(1h);
    CHECK(ended);
  }

  async::Task<Outcome> work(ObjectKey worked) {
    began.emplace_back(worked.name, executor.steady_now().time_since_epoch() / 1ms);
    CHECK(active.insert(worked).second);
    most_active = std::max(most_active, active.size());
    const std::stop_token never;
    co_await async::sleep_for(executor, work_time, never);
    active.erase(worked);
    co_return answer(worked);
  }
  async::Task<void> run() {
    co_await queue.run(reconcile, observer, stop.get_token());
    ended = true;
  }

  async::SimulatedExecutor executor{TimePoint{}};
  Duration work_time{10};
  std::function<Outcome(const ObjectKey&)> answer = [](const ObjectKey&) {
    return Outcome::done();
  };
  WorkQueue::Reconcile reconcile;
  WorkQueue::Observer observer;
  std::vector<std::pair<std::string, std::int64_t>> began; ///< name and milliseconds
  std::set<ObjectKey> active;
  std::size_t most_active = 0;
  std::stop_source stop;
  bool ended = false;
  WorkQueue queue;
};

using Began = std::vector<std::pair<std::string, std::int64_t>>;

} // namespace

TEST_CASE("A key that is added many times while it waits is worked on once") {
  Bench bench;
  for (int i = 0; i < 100; ++i)
    bench.queue.add(key("a"));
  CHECK(bench.queue.depth() == 1);
  bench.executor.run_for(1s);
  CHECK(bench.began == Began{{"a", 0}});
}

TEST_CASE("A key that is added while it is worked on comes once more afterwards") {
  WorkQueueOptions options;
  options.workers = 4;
  Bench bench(options);
  bench.queue.add(key("a"));
  bench.executor.run_for(5ms);
  CHECK(bench.queue.working() == 1);
  bench.queue.add(key("a"));
  bench.queue.add(key("a"));
  CHECK(bench.queue.depth() == 0);
  bench.executor.run_for(1s);
  CHECK(bench.began == Began{{"a", 0}, {"a", 10}});
}

TEST_CASE("Workers share the keys, never one key") {
  WorkQueueOptions options;
  options.workers = 3;
  Bench bench(options);
  for (const char* name : {"a", "b", "c", "d", "e"})
    bench.queue.add(key(name));
  bench.executor.run_for(1s);
  CHECK(bench.most_active == 3);
  CHECK(bench.began == Began{{"a", 0}, {"b", 0}, {"c", 0}, {"d", 10}, {"e", 10}});
}

TEST_CASE("Failures of a key back off by doubling and a success forgets them") {
  Bench bench;
  bench.work_time = Duration{0};
  int failures = 5;
  bench.answer = [&](const ObjectKey&) {
    return failures-- > 0 ? Outcome::retry(Error{Code::Conflict, "changed", {}}) : Outcome::done();
  };
  bench.queue.add(key("a"));
  bench.executor.run_for(1s);
  CHECK(bench.began == Began{{"a", 0}, {"a", 5}, {"a", 15}, {"a", 35}, {"a", 75}, {"a", 155}});
  bench.began.clear();
  failures = 1;
  bench.queue.add(key("a"));
  bench.executor.run_for(1s);
  CHECK(bench.began == Began{{"a", 1000}, {"a", 1005}});
}

TEST_CASE("The wait after a failure never passes backoff_max, nor falls below Retry-After") {
  WorkQueueOptions options;
  options.backoff_max = 1s;
  Bench bench(options);
  bench.work_time = Duration{0};
  std::optional<Duration> asked;
  bench.answer = [&](const ObjectKey&) {
    return Outcome::retry(Error{Code::Throttled, "slow down", asked});
  };
  bench.queue.add(key("a"));
  bench.executor.run_for(1min);
  const auto last = bench.began.size() - 1;
  CHECK(bench.began[last].second - bench.began[last - 1].second == 1000);

  Bench patient;
  patient.work_time = Duration{0};
  patient.answer = [&](const ObjectKey&) {
    return Outcome::retry(Error{Code::Throttled, "slow down", 7s});
  };
  patient.queue.add(key("a"));
  patient.executor.run_for(8s);
  CHECK(patient.began == Began{{"a", 0}, {"a", 7000}});
}

TEST_CASE("When everything fails at once, all retries together keep to their rate") {
  WorkQueueOptions options;
  options.retry_qps = 10;
  options.retry_burst = 20;
  options.workers = 8;
  Bench bench(options);
  bench.work_time = Duration{0};
  bench.answer = [](const ObjectKey&) {
    return Outcome::retry(Error{Code::Unavailable, "down", {}});
  };
  for (int i = 0; i < 200; ++i)
    bench.queue.add(key(std::to_string(i)));
  bench.executor.run_for(10s);
  CHECK(bench.began.size() <= 200 + 20 + 10 * 10);
  CHECK(bench.began.size() >= 200 + 20);
}

TEST_CASE("A key comes again after the delay that its reconcile asked for, or sooner") {
  Bench bench;
  bench.work_time = Duration{0};
  bench.answer = [&](const ObjectKey&) {
    return bench.began.size() < 3 ? Outcome::requeue_after(60s) : Outcome::done();
  };
  bench.queue.add(key("a"));
  bench.executor.run_for(30s);
  CHECK(bench.queue.delayed() == 1);
  bench.queue.add_after(key("a"), 10s);
  bench.queue.add_after(key("a"), 20s);
  bench.executor.run_for(10min);
  CHECK(bench.began == Began{{"a", 0}, {"a", 40000}, {"a", 100000}});
  CHECK(bench.queue.delayed() == 0);
}

TEST_CASE("A terminal failure is not tried again before the object changes") {
  Bench bench;
  int observed = 0;
  bench.answer = [](const ObjectKey&) {
    return Outcome::terminal(Error{Code::Invalid, "bad spec", {}});
  };
  bench.observer = [&](const ObjectKey& worked, const Outcome& outcome, Duration took) {
    ++observed;
    CHECK(worked == key("a"));
    CHECK(outcome.kind() == Outcome::Kind::Terminal);
    CHECK(took == Duration{10});
  };
  bench.queue.add(key("a"));
  bench.executor.run_for(1h);
  CHECK(bench.began.size() == 1);
  bench.queue.add(key("a"));
  bench.executor.run_for(1s);
  CHECK(bench.began.size() == 2);
  CHECK(observed == 2);
}

TEST_CASE("A stop lets the work under way end and starts nothing new") {
  Bench bench;
  bench.queue.add(key("a"));
  bench.queue.add(key("b"));
  bench.executor.run_for(5ms);
  bench.stop.request_stop();
  bench.executor.run_for(1s);
  CHECK(bench.ended);
  CHECK(bench.active.empty());
  CHECK(bench.began == Began{{"a", 0}});
  CHECK(bench.queue.depth() == 1);
}

TEST_CASE("A queue counts what comes and what is put off, and tells how long a key waited") {
  std::vector<std::int64_t> waited;
  WorkQueueOptions options;
  options.on_taken = [&](std::chrono::nanoseconds time) { waited.push_back(time / 1ms); };
  Bench bench(options);
  int failures = 1;
  bench.answer = [&](const ObjectKey&) {
    return failures-- > 0 ? Outcome::retry(Error{Code::Conflict, "changed", {}}) : Outcome::done();
  };
  for (const char* name : {"a", "b", "b"})
    bench.queue.add(key(name));
  bench.executor.run_for(1s);
  CHECK(bench.began == Began{{"a", 0}, {"b", 10}, {"a", 20}});
  CHECK(waited == std::vector<std::int64_t>{0, 10, 5});
  CHECK(bench.queue.stats().adds == 3);
  CHECK(bench.queue.stats().retries == 1);
}
