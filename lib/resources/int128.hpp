#pragma once
// Int128: the wide integer behind every product and every sum that must not overflow: shares are
// compared by cross-multiplication, quantities are kept in nano units. g++ and clang both have it
// as an extension; this is the only place that says so.

namespace berth::resources {

__extension__ using Int128 = __int128;

} // namespace berth::resources
