#pragma once

namespace berth::allocation {

/// spec.stop of a quota and spec.drain of a pool. Hold: nothing new is admitted. HoldAndDrain: what
/// holds something there is asked to go, too (draining.hpp).
enum class Stop { None, Hold, HoldAndDrain };

} // namespace berth::allocation
