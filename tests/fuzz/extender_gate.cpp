// AdmissionReview: whatever is read gets an answer that lets the pod pass, and a patch that adds
// the gate once and touches nothing but gates and the scheduler's name.

#include <cstdint>

#include "lib/api/json.hpp"
#include "lib/base/ensure.hpp"
#include "lib/kube/base64.hpp"
#include "scheduler-extender/gate.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto review = extender::decode_review(body);
  if (!review)
    return 0;
  const std::string patch = extender::gate_patch(*review, {"berth"});
  const auto answer = api::parse_json(extender::encode_review(*review, patch));
  ensure(answer.has_value() && (*answer)["response"]["allowed"] == true, "a pod was refused");
  if (patch.empty())
    return 0;
  const auto operations = api::parse_json(patch);
  ensure(operations.has_value(), "the patch is no JSON");
  for (const auto& operation : *operations) {
    const auto path = operation["path"].get<std::string>();
    ensure(path.starts_with("/spec/schedulingGates") || path == "/spec/schedulerName",
           "the patch touches something else");
  }
  return 0;
}
