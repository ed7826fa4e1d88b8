// A Conditional reservation in `kubectl berth status` and `calendar`.

#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "cli/calendar/decide.hpp"
#include "cli/status/render.hpp"
#include "lib/api/to_allocation.hpp"
#include "tests/unit/cli/scene.hpp"

using namespace berth;
using namespace berth::cli;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const api::Reservation> peak(const std::string& reason, const std::string& status) {
  const std::string times = R"(", "lastTransitionTime": "2026-03-02T08:00:00Z", "message": "x"})";
  return object_of<api::Reservation>(
      R"({"apiVersion": "berth.dev/v1alpha1", "kind": "Reservation", "metadata": {"name": "peak"},
          "spec": {"poolRef": {"name": "cpu"}, "quotaRef": {"name": "shop"},
                   "kind": "Conditional", "resources": [{"name": "cpu", "amount": "4"}],
                   "trigger": {"utilization": {"resource": "cpu"}, "value": 80}},
          "status": {"conditions": [
              {"type": "Accepted", "status": "True", "reason": "Accepted)" +
      times + R"(, {"type": "Active", "status": ")" + (reason == "WindowOpen" ? "True" : "False") +
      R"(", "reason": ")" + reason + times + "]" + status + "}}");
}

std::string shown_status(const std::shared_ptr<const api::Reservation>& reservation) {
  ObservedStatus observed;
  observed.reservations.push_back(reservation);
  return render_status(decide_status(observed, kSceneTime), false, Paint{});
}

CalendarRow shown_row(const std::shared_ptr<const api::Reservation>& reservation) {
  ObservedCalendar observed;
  observed.reservations.push_back(
      {reservation, api::to_allocation(*reservation, [](std::string_view) {
         return fail(Code::NotFound, "no time zone is needed");
       })});
  const auto view = decide_calendar(observed, "", 24h, kSceneTime);
  REQUIRE(view);
  return view->pools.at(0).rows.at(0);
}

} // namespace

TEST_CASE("One whose trigger does not hold has no window, and says so") {
  const auto idle = peak("TriggerNotMet", R"(, "trigger": {"value": "50"})");
  CHECK(shown_status(idle).find("TriggerNotMet") != std::string::npos);
  CHECK(shown_row(idle).spans.empty());
  CHECK(shown_row(idle).note == "TriggerNotMet");
}

TEST_CASE("One whose trigger holds says since when, and then when it opens") {
  const std::string holds = R"(, "trigger": {"value": "92", "holdsSince": "2026-03-02T08:58:00Z")";
  CHECK(shown_status(peak("TriggerNotMet", holds + "}")).find("triggered since 2m") !=
        std::string::npos);
  const auto coming = peak("TriggerHolds", holds + R"(, "opensAt": "2026-03-02T09:05:00Z"},
                                     "nextWindow": {"start": "2026-03-02T09:05:00Z"})");
  CHECK(shown_status(coming).find("opens in 5m") != std::string::npos);
  REQUIRE(shown_row(coming).spans.size() == 1);
  CHECK(shown_row(coming).spans[0].time.end == TimePoint::max());
  CHECK(shown_row(coming).spans[0].mark == CalendarMark::Promised);
}

TEST_CASE("One that is open shows its end as soon as it has one") {
  const auto open = peak("WindowOpen", R"(, "trigger": {"opensAt": "2026-03-02T08:00:00Z",
      "endsAt": "2026-03-02T10:00:00Z"}, "currentWindow": {"start": "2026-03-02T08:00:00Z",
      "end": "2026-03-02T10:00:00Z"})");
  CHECK(shown_status(open).find("ends in 1h") != std::string::npos);
  CHECK(shown_row(open).spans.at(0).mark == CalendarMark::Open);
  ObservedStatus observed;
  observed.reservations.push_back(open);
  const auto json = status_json(decide_status(observed, kSceneTime));
  CHECK(json.at("reservations").at(0).at("trigger").at("endsAt") == "2026-03-02T10:00:00Z");
}
