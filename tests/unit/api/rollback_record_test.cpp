#include <catch2/catch.hpp>

#include "lib/api/rollback_record.hpp"
#include "lib/base/timestamp.hpp"

using namespace berth;
using namespace berth::api;

TEST_CASE("The record of a rollback comes back from its annotation as it was") {
  RollbackRecord record{allocation::DecisionId{"d1"}, 3, *parse_time("2026-03-02T09:00:00Z")};
  CHECK(encode_rollback(record) == R"({"decision":"d1","times":3,"until":"2026-03-02T09:00:00Z"})");
  CHECK(*decode_rollback(encode_rollback(record)) == record);
  record.decision = {};
  CHECK(*decode_rollback(encode_rollback(record)) == record);
}

TEST_CASE("An annotation that is no record of a rollback is refused") {
  for (const char* text :
       {"", "{}", "[]", R"({"times":0,"until":"2026-03-02T09:00:00Z"})", R"({"times":1})",
        R"({"times":1,"until":"soon"})", R"({"times":"1","until":"2026-03-02T09:00:00Z"})"}) {
    CAPTURE(text);
    CHECK_FALSE(decode_rollback(text));
  }
}
