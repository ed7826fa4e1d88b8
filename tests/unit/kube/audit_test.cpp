#include <catch2/catch.hpp>

#include "tests/unit/kube/reflector_bench.hpp"

using namespace berth;
using namespace berth::kube;
using namespace berth::kube::testing;
using namespace std::chrono_literals;

using Bench = ReflectorBench;

TEST_CASE("An audit lists exactly the watched version and counts only what was lost (F6)") {
  Bench bench;
  bench.options.audit_interval = 10min;
  bool lost = false;
  bench.transport.on_send = [&](const http::Request& request) {
    if (http::query_value(request.target, "resourceVersionMatch") != "Exact")
      return list_of("10", {{"a", "3"}, {"b", "4"}});
    CHECK(http::query_value(request.target, "resourceVersion") == "20");
    if (lost)
      return list_of("20", {{"a", "3"}, {"c", "19"}});
    return list_of("20", {{"a", "3"}, {"b", "4"}});
  };
  int watches = 0;
  bench.transport.on_open = [&](const http::Request&) {
    return ++watches == 1 ? stream_of({bookmark_text("20")}) : silent();
  };
  bench.start();
  bench.executor.run_for(11min);
  CHECK(bench.relists(RelistReason::Audit) == 1);
  CHECK(bench.stats().audit_differences == 0);
  lost = true;
  bench.changes.clear();
  bench.executor.run_for(10min);
  CHECK(bench.relists(RelistReason::Audit) == 2);
  CHECK(bench.stats().audit_differences == 2);
  CHECK(bench.changes == Names{"-b", "+c"});
  CHECK(bench.names() == Names{"a@3", "c@19"});
  CHECK(bench.watched_from() == "20");
}

TEST_CASE("An audit that a busy server refuses is put off, and the watch goes on") {
  Bench bench;
  bench.options.audit_interval = 10min;
  int audits = 0;
  bench.transport.on_send = [&](const http::Request& request) {
    if (http::query_value(request.target, "resourceVersionMatch")) {
      ++audits;
      return json_response(429, "{}");
    }
    return list_of("10", {{"a", "3"}});
  };
  bench.transport.on_open = [&](const http::Request&) { return silent(); };
  bench.start();
  bench.executor.run_for(25min);
  CHECK(audits == 2);
  CHECK(bench.relists(RelistReason::Error) == 0);
  CHECK(bench.transport.count("GET", "watch=1") >= 3);
  CHECK(bench.watched_from() == "10");
}

TEST_CASE("A watch that never opens does not put the audit off") {
  Bench bench;
  bench.options.audit_interval = 10min;
  bench.transport.on_send = [&](const http::Request& request) {
    const bool audit = http::query_value(request.target, "resourceVersionMatch").has_value();
    return list_of("10", audit ? std::vector<ThingText>{} : std::vector<ThingText>{{"a", "3"}});
  };
  bench.transport.on_open = [&](const http::Request&) -> Result<ScriptedStream> {
    return fail(Code::Timeout, "no head");
  };
  bench.start();
  bench.executor.run_for(11min);
  CHECK(bench.relists(RelistReason::Audit) == 1);
  CHECK(bench.names().empty());
}

TEST_CASE("An audit whose version is compacted becomes a plain list that counts nothing") {
  Bench bench;
  bench.options.audit_interval = 10min;
  bench.transport.on_send = [&](const http::Request& request) {
    if (http::query_value(request.target, "resourceVersionMatch"))
      return json_response(410, R"({"kind":"Status","reason":"Expired","code":410})");
    if (bench.executor.now() - TimePoint{} > 1min)
      return list_of("30", {{"b", "25"}});
    return list_of("10", {{"a", "3"}});
  };
  bench.transport.on_open = [&](const http::Request&) { return silent(); };
  bench.start();
  bench.executor.run_for(11min);
  CHECK(bench.stats().audit_differences == 0);
  CHECK(bench.names() == Names{"b@25"});
  CHECK(bench.watched_from() == "30");
}
