// ExtenderBindingArgs: what is accepted has all four names, and any of them survives the way into
// an error and out again.

#include <cstdint>

#include "scheduler-extender/decode.hpp"
#include "tests/fuzz/extender_reply.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth::extender;
  static Decoder decoder;
  std::string body(reinterpret_cast<const char*>(data), size);
  const auto request = decoder.bind(body);
  if (!request)
    return 0;
  for (const std::string& name :
       {request->pod_namespace, request->pod_name, request->pod_uid, request->node}) {
    berth::ensure(!name.empty(), "a name is missing");
    const auto answer = testing::read_back(encode(BindResult{name}));
    berth::ensure(answer.size() == 1 && answer.at("Error") == name, "an error changed on its way");
  }
  return 0;
}
