#pragma once
// Leads: whether this replica still leads, by its own steady clock. Asked before each write that
// only a leader may make. It is no fence (every write carries a precondition besides), but a
// process that was frozen past its Lease must not send the decisions it had queued.

#include <functional>

namespace berth::op {

using Leads = std::function<bool()>;

} // namespace berth::op
