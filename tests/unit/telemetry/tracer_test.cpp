// The ids of traces, which pods are traced, and the queue of spans.

#include "lib/telemetry/tracing/tracer.hpp"

#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "lib/async/simulated_executor.hpp"
#include "lib/base/rng.hpp"

namespace berth::telemetry {
namespace {

using namespace std::chrono_literals;

constexpr const char* kUid = "3f8a1c52-9d04-4b7e-8a61-0c5d2e9f7b13";
const TracedPod kPod{"team-a", "web", kUid};

/// A tracer on a clock that stands still.
struct Traced {
  explicit Traced(Sampling sampling = {}) : tracer(clock, metrics, sampling, 1) {}

  async::SimulatedExecutor clock{TimePoint{1'700'000'000'123ms}};
  Registry registry;
  TraceMetrics metrics{registry};
  Tracer tracer;
};

/// A UID as the API server makes them: a random UUID.
std::string uuid(Rng& rng) {
  TraceId id{rng.next(), rng.next()};
  id.high = (id.high & ~std::uint64_t{0xF000}) | 0x4000;
  id.low = (id.low >> 2U) | (std::uint64_t{1} << 63U);
  std::string text = to_string(id);
  for (const std::size_t at : {8U, 13U, 18U, 23U})
    text.insert(at, "-");
  return text;
}

TEST_CASE("The trace of a pod has its UID for its id") {
  CHECK(to_string(trace_of(kUid)) == "3f8a1c529d044b7e8a610c5d2e9f7b13");
}

TEST_CASE("A UID that is no UUID has a trace too, always the same one") {
  const TraceId none;
  for (const char* uid :
       {"", "u", "3f8a1c529d044b7e8a610c5d2e9f7b13", "3F8A1C52-9D04-4B7E-8A61-0C5D2E9F7B13",
        "00000000-0000-0000-0000-000000000000"}) {
    CAPTURE(uid);
    CHECK(trace_of(uid) == trace_of(uid));
    CHECK(trace_of(uid) != none);
  }
  CHECK(trace_of("u") != trace_of("v"));
}

TEST_CASE("A caller's traceparent is read, and nothing that is not one or is not kept") {
  const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto read = parse_traceparent(good);
  REQUIRE(read);
  CHECK(to_string(read->trace) == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(to_string(read->span) == "00f067aa0ba902b7");
  CHECK(parse_traceparent("cc" + good.substr(2) + "-what-comes-later"));
  const std::vector<std::string> bad_ones{"",
                                          good.substr(1),
                                          good + "0",
                                          good + "-more",
                                          "ff" + good.substr(2),
                                          "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                                          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                                          "cc" + good.substr(2) + "x",
                                          good.substr(0, 53) + "00",  // not sampled
                                          good.substr(0, 53) + "02"}; // random, not sampled
  for (const std::string& bad : bad_ones) {
    CAPTURE(bad);
    CHECK_FALSE(parse_traceparent(bad));
  }
}

TEST_CASE("Ids that are written are read again") {
  CHECK(rc::check([](std::uint64_t high, std::uint64_t low, std::uint64_t span) {
    RC_PRE((high | low) != 0 && span != 0);
    const SpanContext context{{high, low}, {span}};
    const std::string header =
        "00-" + to_string(context.trace) + "-" + to_string(context.span) + "-01";
    RC_ASSERT(parse_traceparent(header) == context);
  }));
}

TEST_CASE("A tracer that is off traces no pod") {
  const Tracer off;
  CHECK_FALSE(off.is_on());
  CHECK_FALSE(off.span("gated", kPod));
  CHECK_FALSE(off.root_span("pod", kPod));
}

TEST_CASE("The spans of a pod are below one root, whichever program makes them") {
  const Traced one;
  const Traced other;
  const auto root = one.tracer.root_span("pod", kPod);
  const auto first = one.tracer.span("gated", kPod);
  const auto second = other.tracer.span("filter", kPod, SpanKind::Server);
  REQUIRE((root && first && second));
  CHECK(root->parent == SpanId{});
  CHECK(first->parent == root->context.span);
  CHECK(second->parent == root->context.span);
  CHECK(first->context.trace == second->context.trace);
  CHECK(first->context.span != root->context.span);
  CHECK(first->context.span != one.tracer.span("gated", kPod)->context.span);
}

TEST_CASE("Which pods are traced is the same for all programs, and more of them with more") {
  constexpr int kPods = 4000;
  const double ratio = GENERATE(0.1, 0.25, 0.5, 0.9);
  const Sampling fewer = Sampling::of_ratio(ratio / 2);
  const Sampling more = Sampling::of_ratio(ratio);
  Rng rng(7);
  int kept = 0;
  for (int pod = 0; pod < kPods; ++pod) {
    const TraceId trace = trace_of(uuid(rng));
    kept += more.keeps(trace) ? 1 : 0;
    CHECK((more.keeps(trace) || !fewer.keeps(trace)));
  }
  CHECK(kept == Approx(ratio * kPods).margin(0.03 * kPods));
}

TEST_CASE("All pods or none are traced at the ends of the scale") {
  const Traced all(Sampling::of_ratio(1));
  const Traced none(Sampling::of_ratio(0));
  Rng rng(7);
  for (int pod = 0; pod < 100; ++pod) {
    const std::string uid = uuid(rng);
    CHECK(all.tracer.span("gated", {"a", "b", uid}));
    CHECK_FALSE(none.tracer.span("gated", {"a", "b", uid}));
  }
}

TEST_CASE("What the queue has no room for is dropped and counted") {
  const Traced traced;
  for (std::size_t made = 0; made < Tracer::kQueueSpansMax + 10; ++made) {
    auto span = traced.tracer.span("gated", kPod);
    span->start_unix_ns = static_cast<std::int64_t>(made);
    traced.tracer.record(*std::move(span));
  }
  CHECK(traced.metrics.spans(SpanOutcome::Dropped).value() == 10);
  const auto first = traced.tracer.take(100);
  REQUIRE(first.size() == 100);
  CHECK(first.front().start_unix_ns == 0);
  CHECK(first.back().start_unix_ns == 99);
  CHECK(traced.tracer.take(Tracer::kQueueSpansMax).size() == Tracer::kQueueSpansMax - 100);
  CHECK(traced.tracer.take(1).empty());
}

TEST_CASE("Spans are timed by wall time, and follow it when it is set") {
  Traced traced;
  const auto now_ns = [&] { return traced.tracer.unix_ns(traced.clock.steady_now()); };
  CHECK(now_ns() == 1'700'000'000'123'000'000);
  traced.clock.run_for(5s);
  CHECK(now_ns() == 1'700'000'005'123'000'000);
  traced.clock.jump_wall_clock(1h);
  CHECK(now_ns() == 1'700'000'005'123'000'000);
  traced.tracer.follow_clock();
  CHECK(now_ns() == 1'700'003'605'123'000'000);
}

} // namespace
} // namespace berth::telemetry
