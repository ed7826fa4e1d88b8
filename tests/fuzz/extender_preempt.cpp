// ExtenderPreemptionArgs: decoded and judged; the answer is a subset of what was asked, victims as
// they came.

#include <cstdint>

#include "scheduler-extender/decode.hpp"
#include "scheduler-extender/preempt.hpp"
#include "tests/fuzz/extender_reply.hpp"
#include "tests/support/allocation/builders.hpp"

namespace berth::extender {
namespace {

using namespace allocation::testing;

/// Pool "p" with n1 and n2; on n1 a pod inside a reservation, on n2 strangers.
std::shared_ptr<const allocation::ClusterSnapshot> make_snapshot() {
  World world;
  auto inside = record("team-a", "p");
  inside.reservation = ReservationName{"r"};
  world.add_all(pool("p"), node("n1", 8), node("n2", 8), reservation("r", 4),
                pod("r1").cpu(4).admitted(inside).bound("n1"),
                pod("s1").in("web").unmanaged().cpu(4).bound("n2"),
                pod("s2").in("web").unmanaged().cpu(4).bound("n2"));
  world.state.upsert_namespace({"team-a", {{"berth.dev/managed", "true"}}});
  return world.snapshot();
}

} // namespace
} // namespace berth::extender

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace berth::extender;
  static const auto snapshot = make_snapshot();
  static Decoder decoder;
  std::string body(reinterpret_cast<const char*>(data), size);
  const auto request = decoder.preempt(body);
  if (!request)
    return 0;
  const std::vector<NodeVictims> asked(request->nodes.begin(), request->nodes.end());
  testing::check_preempt_answer(encode(preempt(*request, snapshot.get())), asked);
  testing::check_preempt_answer(encode(preempt(*request, nullptr)), asked);
  return 0;
}
