#pragma once
// Legend: what the colours of a picture stand for: the quotas if they are few enough to be told
// apart, else the classes if those are, else the quotas that held most and "others".

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/simulator/scenario.hpp"

namespace berth::cli {

/// The resource that a picture measures by, and how much of it one pod and one node have.
struct Yardstick {
  resources::ResourceName name;

  [[nodiscard]] double of_pod(const simulator::WorkloadSet& set) const;
  [[nodiscard]] double of_node(const allocation::NodeView& node) const;
};

struct Legend {
  std::string_view noun;            ///< "quota" or "class"
  std::vector<std::string> names{}; ///< at most kColoursMax, and "others"
  std::vector<std::size_t> of_set;  ///< by position in Scenario::workloads: position in `names`

  /// "#0072b2". Colours that people with any colour vision tell apart: Okabe and Ito, "Color
  /// Universal Design" (2008).
  [[nodiscard]] std::string_view colour(std::size_t entry) const;
  /// Black or white, whichever is read more easily on colour().
  [[nodiscard]] std::string_view ink(std::size_t entry) const;

  static constexpr std::size_t kColoursMax = 7;
};

[[nodiscard]] Legend make_legend(const simulator::Scenario& scenario, const Yardstick& yardstick);

} // namespace berth::cli
