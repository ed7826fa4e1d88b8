#include <catch2/catch.hpp>

#include "tests/unit/kube/reflector_bench.hpp"

using namespace berth;
using namespace berth::kube;
using namespace berth::kube::testing;
using namespace std::chrono_literals;

using Bench = ReflectorBench;

TEST_CASE("A watch cut at any byte loses and repeats nothing (F2)") {
  const std::string bytes = event_text("ADDED", {"b", "11"}) + event_text("MODIFIED", {"a", "12"}) +
                            event_text("DELETED", {"b", "13"});
  const auto first = event_text("ADDED", {"b", "11"}).size();
  const auto second = first + event_text("MODIFIED", {"a", "12"}).size();
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    INFO("cut after " << cut << " of " << bytes.size());
    Bench bench;
    const auto end = GENERATE(BodyEnd::Regular, BodyEnd::Broken);
    bench.transport.on_send = [](const http::Request&) { return list_of("10", {{"a", "3"}}); };
    std::vector<std::string> resumed;
    bench.transport.on_open = [&](const http::Request& request) -> Result<ScriptedStream> {
      const auto version = *http::query_value(request.target, "resourceVersion");
      resumed.push_back(version);
      if (resumed.size() == 1)
        return stream_of({bytes.substr(0, cut)}, end);
      const std::map<std::string, std::size_t> rest{
          {"10", 0}, {"11", first}, {"12", second}, {"13", bytes.size()}};
      const std::string missed = bytes.substr(rest.at(version));
      return missed.empty() ? silent() : stream_of({missed});
    };
    bench.start();
    bench.executor.run_for(5s);
    REQUIRE(resumed.size() == 2);
    CHECK(resumed[1] == (cut < first          ? "10"
                         : cut < second       ? "11"
                         : cut < bytes.size() ? "12"
                                              : "13"));
    CHECK(bench.names() == Names{"a@12"});
    CHECK(bench.changes == Names{"+a", "synced", "+b", "~a", "-b"});
  }
}

TEST_CASE("410 as a status and as an event lead to a new list with the missed deletes (F3)") {
  const bool in_stream = GENERATE(false, true);
  Bench bench;
  int lists = 0;
  bench.transport.on_send = [&](const http::Request&) {
    if (++lists == 1)
      return list_of("10", {{"a", "3"}, {"b", "4"}});
    return list_of("50", {{"b", "40"}, {"c", "41"}});
  };
  bench.transport.on_open = [&](const http::Request& request) -> Result<ScriptedStream> {
    if (http::query_value(request.target, "resourceVersion") == "50")
      return silent();
    if (in_stream)
      return stream_of({error_event_text(410, "Expired")});
    return ScriptedStream{410, {}, {{"{}"}, BodyEnd::Regular}};
  };
  bench.start();
  bench.executor.run_for(10s);
  CHECK(lists == 2);
  CHECK(bench.names() == Names{"b@40", "c@41"});
  CHECK(bench.changes == Names{"+a", "+b", "synced", "-a", "~b", "+c"});
  CHECK(bench.relists(RelistReason::Gone) == 1);
}

TEST_CASE("Bookmarks move the version, those of another kind do not (F8)") {
  Bench bench;
  bench.transport.on_send = [](const http::Request&) { return list_of("10", {}); };
  int watches = 0;
  bench.transport.on_open = [&](const http::Request&) {
    if (++watches > 1)
      return silent();
    return stream_of({bookmark_text("15"), bookmark_text("99", false, "Pod")}, BodyEnd::Regular);
  };
  bench.start();
  bench.executor.run_for(3s);
  CHECK(watches == 2);
  CHECK(bench.watched_from() == "15");
}

TEST_CASE("Unreadable events lead to a new list, never to a crash") {
  const auto bad = GENERATE(as<std::string>{}, "<html>502</html>\n", "{\n", "null\n", "[]\n",
                            "{}\n", "{\"type\":\"ADDED\"}\n", "{\"type\":\"ADDED\",\"object\":7}\n",
                            event_text("REPLACED", {"a", "11"}), event_text("ADDED", {"a", ""}),
                            "{\"type\":\"ADDED\",\"type\":\"DELETED\",\"object\":{}}\n",
                            std::string("\xff\xfe\n"));
  const auto parser = GENERATE(Parser::Simdjson, Parser::Nlohmann);
  INFO(bad);
  Bench bench(parser);
  int lists = 0;
  bench.transport.on_send = [&](const http::Request&) {
    ++lists;
    return list_of(std::to_string(lists * 10), {{"a", std::to_string(lists)}});
  };
  bench.transport.on_open = [&](const http::Request&) {
    return lists == 1 ? stream_of({bad}) : silent();
  };
  bench.start();
  bench.executor.run_for(5s);
  CHECK(lists == 2);
  CHECK(bench.relists(RelistReason::Error) == 1);
  CHECK(bench.names() == Names{"a@2"});
}

TEST_CASE("An event longer than the limit leads to a new list") {
  Bench bench;
  bench.options.event_bytes_max = 64;
  int lists = 0;
  bench.transport.on_send = [&](const http::Request&) {
    return list_of(std::to_string(++lists), {});
  };
  bench.transport.on_open = [&](const http::Request&) {
    return lists == 1 ? stream_of({std::string(65, 'x')}) : silent();
  };
  bench.start();
  bench.executor.run_for(5s);
  CHECK(lists == 2);
}

TEST_CASE("An object that cannot be decoded keeps its last readable version until it goes") {
  const auto parser = GENERATE(Parser::Simdjson, Parser::Nlohmann);
  Bench bench(parser);
  std::vector<std::string> reports;
  bench.transport.on_send = [](const http::Request&) {
    return list_of("10", {{"a", "3"}, {"bad", "4", -1}, {"b", "5"}});
  };
  bench.transport.on_open = [](const http::Request&) {
    return stream_of({event_text("MODIFIED", {"a", "11", -1}), event_text("MODIFIED", {"b", "12"}),
                      event_text("DELETED", {"a", "13", -1})});
  };
  bench.start();
  bench.reflector->report_to([&](const Error& error) { reports.push_back(error.message); });
  bench.executor.run_for(1s);
  CHECK(bench.names() == Names{"b@12"});
  CHECK(bench.changes == Names{"+a", "+b", "synced", "~b", "-a"});
  CHECK(bench.stats().malformed == 2);
  REQUIRE_FALSE(reports.empty());
  CHECK(reports[0].starts_with("Quota bad: "));
}

TEST_CASE("A malformed object of another UID takes the place of the old one") {
  Bench bench;
  bench.transport.on_send = [](const http::Request&) { return list_of("10", {{"a", "3"}}); };
  bench.transport.on_open = [](const http::Request&) {
    return stream_of({event_text("MODIFIED", {"a", "11", -1, "another"})});
  };
  bench.start();
  bench.executor.run_for(1s);
  CHECK(bench.names().empty());
}

TEST_CASE("A watch that says nothing is opened anew after its time, from the same version") {
  Bench bench;
  bench.transport.on_send = [](const http::Request&) { return list_of("10", {}); };
  bench.transport.on_open = [](const http::Request& request) {
    const auto seconds = std::stoi(*http::query_value(request.target, "timeoutSeconds"));
    CHECK(seconds >= 300);
    CHECK(seconds <= 600);
    return silent();
  };
  bench.start();
  bench.executor.run_for(1h);
  const auto watches = bench.transport.count("GET", "watch=1");
  CHECK(watches >= 6);
  CHECK(watches <= 12);
  CHECK(bench.watched_from() == "10");
  CHECK(bench.transport.count("GET", "limit=500") == 1);
}

TEST_CASE("A stop in the middle of anything ends the reflector soon") {
  for (int step = 0; step < 40; ++step) {
    Bench bench;
    bench.transport.on_send = [](const http::Request&) { return list_of("10", {{"a", "3"}}); };
    bench.transport.on_open = [](const http::Request&) -> Result<ScriptedStream> {
      return stream_of({event_text("ADDED", {"b", "11"})}, BodyEnd::Broken);
    };
    bench.start();
    bench.executor.run_for(Duration{step * 50});
    bench.stop.request_stop();
    bench.executor.run_for(1s);
    CHECK(bench.ended);
  }
}
