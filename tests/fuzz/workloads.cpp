// Deployments, StatefulSets, pods and autoscalers as the analyzer reads them: read or refused, and
// what is read has a name and nothing negative.

#include <cstdint>
#include <string>

#include "analyzer/sources/autoscalers.hpp"
#include "lib/base/ensure.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (const auto kind : {api::ScalingTargetKind::Deployment, api::ScalingTargetKind::StatefulSet})
    if (const auto workload = analyzer::decode_workload_text(kind, text)) {
      ensure(!(*workload)->meta.name.empty(), "a workload without a name was read");
      ensure((*workload)->replicas >= 0, "fewer than no replicas were read");
    }
  if (const auto pod = analyzer::decode_workload_pod_text(text)) {
    ensure(!(*pod)->meta.name.empty(), "a pod without a name was read");
    ensure(!(*pod)->workload || !(*pod)->workload->key.name.empty(), "a workload has a name");
  }
  if (const auto autoscaler = analyzer::decode_autoscaler_text(text))
    ensure(!(*autoscaler)->meta.name.empty(), "an autoscaler without a name was read");
  return 0;
}
