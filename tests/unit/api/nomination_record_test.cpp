#include "lib/api/nomination_record.hpp"

#include <catch2/catch.hpp>

namespace berth::api {
namespace {

allocation::NominationRecord full_record() {
  allocation::NominationRecord record;
  record.decision = allocation::DecisionId("c42-7");
  record.quota = QuotaName("team-a");
  record.pool = PoolName("gpu");
  record.node = NodeName("node-2");
  record.devices = {0, 3};
  record.victims = {PodUid("uid-1"), PodUid("uid-2")};
  return record;
}

} // namespace

TEST_CASE("P3: a nomination is read back as it was written") {
  const std::string text = encode_nomination(full_record());
  CHECK(text ==
        R"({"decision":"c42-7","devices":[0,3],"node":"node-2","pool":"gpu","quota":"team-a",)"
        R"("victims":["uid-1","uid-2"]})");
  const auto decoded = decode_nomination(text);
  REQUIRE(decoded);
  CHECK(*decoded == full_record());
}

TEST_CASE("P3: what the units of a request were promised is read back, unit by unit") {
  std::vector<allocation::NominationRecord> units(4, full_record());
  for (allocation::NominationRecord& unit : units)
    unit.devices.clear();
  units[2].node = units[3].node = NodeName{"other"};
  const std::string text = encode_unit_nominations(units);
  const auto decoded = decode_unit_nominations(text, 4);
  REQUIRE(decoded);
  CHECK(*decoded == units);
  CHECK_FALSE(decode_unit_nominations(text, 3)); // more units than the request has
  CHECK_FALSE(decode_unit_nominations(encode_nomination(full_record()), 4));
  CHECK_FALSE(decode_nomination(text));
}

TEST_CASE("what is no nomination is refused, and so is one with too many victims") {
  CHECK_FALSE(decode_nomination(""));
  CHECK_FALSE(decode_nomination("{}"));
  CHECK_FALSE(decode_nomination(R"({"decision":"x","quota":"q","pool":"p","node":7})"));
  CHECK_FALSE(
      decode_nomination(R"({"decision":"x","quota":"q","pool":"p","node":"n","devices":[-1]})"));
  auto record = full_record();
  record.victims.assign(allocation::kNominatedVictimsMax, PodUid("uid"));
  CHECK(decode_nomination(encode_nomination(record)));
  record.victims.emplace_back("one more");
  CHECK_FALSE(decode_nomination(encode_nomination(record)));
}

} // namespace berth::api
