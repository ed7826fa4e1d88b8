#pragma once
// HorizontalPodAutoscalers (autoscaling/v2), as far as the analyzer needs them: what each one
// scales, and by the use of which resources. Who is scaled by one gets no other advice on replicas.
// tests/fuzz/workloads feeds the decoder.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/sources/workloads.hpp"

namespace berth::analyzer {

struct Autoscaler {
  api::ObjectMeta meta{}; ///< without labels, annotations and owners
  /// Nothing for a Kind that the analyzer does not advise on.
  std::optional<WorkloadRef> target{};
  /// Whose use it holds against what pods ask for: another request is another number of replicas.
  std::vector<resources::ResourceName> follows{};
};

[[nodiscard]] Result<std::shared_ptr<const Autoscaler>>
decode_autoscaler_text(const std::string& text);
[[nodiscard]] kube::Codec<Autoscaler> make_autoscaler_codec();

} // namespace berth::analyzer
