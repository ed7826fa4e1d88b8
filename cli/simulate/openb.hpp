#pragma once
// The two files of an openb trace (Alibaba's cluster-trace-gpu-v2023, also packaged with
// hkust-adsl/kubernetes-scheduler-simulator): nodes with their devices, pods with their requests.
// Other columns are passed over. tests/fuzz/simulate_openb feeds it.

#include <string_view>

#include "lib/base/result.hpp"
#include "lib/simulator/packing.hpp"

namespace berth::cli {

/// sn, cpu_milli, memory_mib, gpu, model.
[[nodiscard]] Result<std::vector<allocation::NodeView>> decode_openb_nodes(std::string_view text);
/// cpu_milli, memory_mib, num_gpu, gpu_milli, gpu_spec (models, separated by '|').
[[nodiscard]] Result<std::vector<allocation::ShapePtr>> decode_openb_pods(std::string_view text);

} // namespace berth::cli
