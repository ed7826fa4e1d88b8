#include "operator/failpoint.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <string>

namespace berth::op {
namespace {

constexpr std::array kFailpoints{
#define BERTH_FAILPOINT_ROW(subject, name, when)                                                   \
  FailpointInfo{Failpoint::name, #subject, #name, when},
    BERTH_FAILPOINTS(BERTH_FAILPOINT_ROW)
#undef BERTH_FAILPOINT_ROW
};

} // namespace

std::span<const FailpointInfo> all_failpoints() {
  return kFailpoints;
}

Result<FailpointPlan> FailpointPlan::parse(std::string_view text) {
  FailpointPlan plan;
  if (text.empty())
    return plan;
  const auto colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const auto* row = std::find_if(kFailpoints.begin(), kFailpoints.end(),
                                 [&](const FailpointInfo& info) { return info.name == name; });
  plan.passages_left_ = 1;
  bool counted = true;
  if (colon != std::string_view::npos) {
    const std::string_view digits = text.substr(colon + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), plan.passages_left_);
    counted =
        error == std::errc{} && end == digits.data() + digits.size() && plan.passages_left_ > 0;
  }
  if (row == kFailpoints.end() || !counted)
    return fail(Code::Invalid, "BERTH_FAILPOINT \"" + std::string(text.substr(0, 64)) +
                                   "\" must be a name of --list-failpoints, or name:passage");
  plan.armed_ = row->failpoint;
  return plan;
}

void FailpointPlan::pass(Failpoint failpoint) {
  if (armed_ != failpoint)
    return;
  if (--passages_left_ == 0)
    std::raise(SIGKILL);
}

} // namespace berth::op
