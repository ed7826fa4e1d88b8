#pragma once
// The scene that the golden outputs show: a company's pools, quotas and reservations, as its
// operator and analyzer would have written them, at 2026-03-02T09:00:00Z.

#include <memory>
#include <string>
#include <string_view>

#include "cli/status/observe.hpp"
#include "lib/base/clock.hpp"
#include "lib/cluster/pod.hpp"

namespace berth::cli {

inline constexpr TimePoint kSceneTime =
    TimePoint{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + std::chrono::hours{9}};

/// An object of Berth's from JSON; what cannot be read ends the test.
template <class T>
[[nodiscard]] std::shared_ptr<const T> object_of(std::string_view json);

/// A pod; `more` are further members of its JSON: labels, annotations, spec.
struct PodText {
  std::string ns = "research";
  std::string name;
  std::string labels = "{}";
  std::string annotations = "{}";
  std::string spec = R"("schedulingGates": [{"name": "berth.dev/admission"}])";
  std::string status = "{}";
  std::string created = "2026-03-02T08:57:50Z";
  std::string cpu = "2";
  int priority = 500000;
};
[[nodiscard]] std::shared_ptr<const cluster::Pod> pod_of(const PodText& text);

/// Pools cpu, gpu and new; quotas company, its three teams, and two that are broken; reservations
/// that are open, closed and refused.
[[nodiscard]] ObservedStatus company();

} // namespace berth::cli
