#include "lib/cluster/run_family.hpp"

#include <algorithm>
#include <ranges>

namespace berth::cluster {
namespace {

constexpr int kEndingsMax = 2;
// As apimachinery's rand.String draws them: no vowels, and nothing that looks like one.
constexpr std::string_view kDrawn = "bcdfghjklmnpqrstvwxz2456789";
constexpr std::size_t kDrawnLength = 5;

bool is_generated(std::string_view ending) {
  const auto consists_of = [&](std::string_view alphabet) {
    return ending.find_first_not_of(alphabet) == std::string_view::npos;
  };
  return !ending.empty() &&
         (consists_of("0123456789") || (ending.size() == kDrawnLength && consists_of(kDrawn)));
}

} // namespace

std::string_view stem_of(std::string_view name) {
  for (int i = 0; i < kEndingsMax; ++i) {
    const std::size_t dash = name.rfind('-');
    if (dash == std::string_view::npos || dash == 0 || !is_generated(name.substr(dash + 1)))
      break;
    name = name.substr(0, dash);
  }
  return name;
}

allocation::RunFamily run_family_of(const Pod& pod) {
  const auto controller =
      std::ranges::find_if(pod.meta.owners, [](const auto& owner) { return owner.controller; });
  if (controller == pod.meta.owners.end() || pod.restarts_always)
    return {};
  return {pod.meta.ns, controller->kind + "/" + std::string(stem_of(controller->name)) + " " +
                           to_string(pod.view.requests())};
}

} // namespace berth::cluster
