#include "lib/base/cut_text.hpp"

namespace berth {

void cut_text(std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max)
    return;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0U) == 0x80U)
    --bytes_max;
  text.resize(bytes_max);
}

} // namespace berth
