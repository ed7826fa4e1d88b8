#pragma once
// cut_text(): for texts that an API takes up to a length only.

#include <cstddef>
#include <string>

namespace berth {

/// At most `bytes_max` bytes of UTF-8, not cut inside a character.
void cut_text(std::string& text, std::size_t bytes_max);

} // namespace berth
