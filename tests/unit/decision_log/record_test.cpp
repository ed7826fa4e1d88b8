#include <catch2/catch.hpp>

#include "lib/decision_log/objects.hpp"
#include "lib/decision_log/record.hpp"
#include "tests/support/allocation/builders.hpp"
#include "tests/support/decision_log/stores.hpp"

using namespace berth;
using namespace berth::decision_log;
using namespace berth::decision_log::testing;
using namespace berth::allocation::testing;

namespace {

std::string refusal_of(const std::string& line) {
  const auto change = read_change(line, find_utc);
  return change ? "" : change.error().message;
}

} // namespace

TEST_CASE("The checksum is CRC-32C") {
  CHECK(crc32c("123456789") == 0xE3069283U);
  CHECK(crc32c("") == 0);
}

TEST_CASE("A framed line comes back, one after the other") {
  const std::string bytes = framed("{\"a\":1}") + framed("");
  const auto first = take_framed(bytes, 100);
  REQUIRE(first);
  REQUIRE(*first);
  CHECK((*first)->line == "{\"a\":1}");
  const auto second = take_framed(std::string_view(bytes).substr((*first)->bytes), 100);
  REQUIRE(second);
  REQUIRE(*second);
  CHECK((*second)->line == "");
  CHECK((*first)->bytes + (*second)->bytes == bytes.size());
}

TEST_CASE("A frame that is not all there yet is nothing, wherever it is cut") {
  const std::string bytes = framed("{\"a\":1}");
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto found = take_framed(std::string_view(bytes).substr(0, cut), 100);
    REQUIRE(found);
    CHECK_FALSE(*found);
  }
}

TEST_CASE("A changed byte, a line that is too long and what is no frame are refused") {
  const std::string good = framed("{\"a\":1}");
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = bad[at] == 'x' ? 'y' : 'x';
    CHECK_FALSE(take_framed(bad + std::string(100, ' '), 100));
  }
  CHECK_FALSE(take_framed(good, 6));
  CHECK_FALSE(take_framed("99999999999999999999999999 0", 100));
  CHECK_FALSE(take_framed(std::string(30, 'a'), 100));
}

TEST_CASE("The text of an object is stable: what is empty is left out, the rest is by name") {
  PodBuilder made = pod("a");
  made.in("team-a").cpu(2).gang("g", 3).tolerates(
      {"gpu", allocation::Toleration::Operator::Exists, "", allocation::TaintEffect::NoSchedule});
  CHECK(text_of(made.build()) ==
        R"({"created":1795258800000,"gang":{"name":"g","size":3},"gated":true,"managed":true,)"
        R"("name":"a","namespace_name":"team-a","preemptible":true,"service_account":"default",)"
        R"("shape":{"constraints":{"tolerations":[{"effect":"NoSchedule","key":"gpu",)"
        R"("op":"Exists"}]},"requests":{"cpu":2000,"pods":1}},"uid":"uid-a"})");
}

TEST_CASE("A line of an object that cannot be read says where and why") {
  CHECK(refusal_of(R"({"put":"Pod","id":"u","is":{"uid":"u","priority":4294967296,"shape":{}}})") ==
        "Pod \"u\": priority: is not a whole number in its range");
  CHECK(refusal_of(R"({"put":"Quota","id":"q","is":{"pools":[{"pool":"p","resources":[{}]}]}})") ==
        "Quota \"q\": pools.resources.name: is missing");
  CHECK(refusal_of(R"({"put":"Node","id":"n","is":{"name":"n","colour":"red"}})") ==
        "Node \"n\": has fields that this version does not know");
  CHECK(refusal_of(R"({"put":"Ghost","id":"n","is":{}})") == "\"Ghost\" is no kind of object");
  CHECK(refusal_of(R"({"gone":"Pod","id":"n","is":{}})") ==
        "is neither a \"put\" nor a \"gone\" of an object");
  CHECK(refusal_of("[]") == "is neither a \"put\" nor a \"gone\" of an object");
  CHECK(
      refusal_of(
          R"({"put":"Reservation","id":"r","is":{"name":"r","overrun":"Evict","allowed_subjects":{},)"
          R"("window":{"schedule":"61 * * * *","zone":"UTC","duration":1}}})")
          .starts_with("Reservation \"r\": window.schedule: "));
}

TEST_CASE("A setting that does not exist, or is not what it should be, is refused") {
  allocation::Policy policy;
  CHECK_FALSE(apply_setting({"colour", "1"}, policy));
  CHECK_FALSE(apply_setting({"memory", "{}"}, policy));
  const auto wrong = apply_setting({"placement", R"({"candidates":"four"})"}, policy);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message ==
        "setting placement: candidates: is not a whole number in its range");
}

TEST_CASE("Lines of cycles and pictures come back; another format is refused") {
  CycleLine cycle{7, 12, kNow, kNow + 1s, 99, true, "in", {"out", {{"a", "b"}}, {}, {}, 3}};
  cycle.decision.admitted.push_back({"w", "q", "p", {"n1", "n2"}});
  cycle.decision.evicted.push_back({"v", "w", "Notice", "Preempted"});
  const std::string line = line_of(cycle);
  CHECK(kind_of(line) == LineKind::Cycle);
  const auto read = read_cycle(line);
  REQUIRE(read);
  CHECK(*read == cycle);

  const std::string picture = line_of(PictureLine{kFormat, "1.2.3"});
  CHECK(picture == R"({"format":)" + std::to_string(kFormat) + R"(,"program":"1.2.3"})");
  CHECK(kind_of(picture) == LineKind::Picture);
  CHECK(read_picture(picture));
  CHECK_FALSE(read_picture(R"({"format":99,"program":"9","new":1})"));
}
