#include "lib/api/admission_record.hpp"

#include <catch2/catch.hpp>

namespace berth::api {
namespace {

using namespace std::chrono_literals;

allocation::AdmissionRecord full_record() {
  allocation::AdmissionRecord record;
  record.decision = allocation::DecisionId("c42-7");
  record.quota = QuotaName("team-a");
  record.pool = PoolName("gpu");
  record.planned_nodes = {NodeName("node-2"), NodeName("node-1")};
  record.mode = allocation::PlacementMode::Candidates;
  record.devices = {1, 3};
  record.reservation = ReservationName("nightly");
  record.members = 8;
  record.rules = {"in-europe", "no-spot"};
  record.youngest_member = TimePoint{1'790'000'000s};
  return record;
}

} // namespace

TEST_CASE("an admission record is read back as it was written") {
  const auto record = full_record();
  const std::string text = encode_admission(record);
  CHECK(text == R"({"decision":"c42-7","devices":[1,3],"members":8,"mode":"Candidates",)"
                R"("nodes":["node-2","node-1"],"pool":"gpu","quota":"team-a",)"
                R"("reservation":"nightly","rules":["in-europe","no-spot"],)"
                R"("youngestMember":"2026-09-21T14:13:20Z"})");
  const auto decoded = decode_admission(text);
  REQUIRE(decoded);
  CHECK(*decoded == record);
}

TEST_CASE("a record without a reservation and without nodes is read back as it was written") {
  auto record = full_record();
  record.reservation = {};
  record.planned_nodes.clear();
  const auto decoded = decode_admission(encode_admission(record));
  REQUIRE(decoded);
  CHECK(*decoded == record);
}

TEST_CASE("a record of a newer version is read as far as it is known") {
  auto text = encode_admission(full_record());
  text.insert(1, R"("nominated":true,)");
  const auto decoded = decode_admission(text);
  REQUIRE(decoded);
  CHECK(*decoded == full_record());
}

TEST_CASE("what a user could write in place of a record is refused") {
  const std::string_view text = GENERATE(
      as<std::string_view>{}, "", "true", "{}", "[]", R"({"decision": "d", "quota": "q"})",
      R"({"decision":"d","quota":"","pool":"p","members":1,"youngestMember":"2026-09-21T14:13:20Z"})",
      R"({"decision":"d","quota":"q","pool":"p","members":0,"youngestMember":"2026-09-21T14:13:20Z"})",
      R"({"decision":"d","quota":"q","pool":"p","members":1,"youngestMember":"yesterday"})",
      R"({"decision":"d","quota":"q","pool":"p","members":1,"youngestMember":"2026-09-21T14:13:20Z","nodes":"n"})",
      R"({"decision":"d","quota":"q","pool":"p","members":1,"youngestMember":"2026-09-21T14:13:20Z","nodes":[[[["n"]]]]})");
  CAPTURE(text);
  const auto decoded = decode_admission(text);
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code == Code::Invalid);
}

TEST_CASE("a fault in a record names the field") {
  const auto decoded = decode_admission(R"({"decision": "d", "quota": "q"})");
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().message == "pool: is missing");
}

} // namespace berth::api
