#include "lib/base/file.hpp"

#include <algorithm>
#include <fstream>

namespace berth {

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  constexpr std::size_t kPieceBytes = std::size_t{64} << 10U;
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail(Code::NotFound, path + ": cannot be opened");
  std::string text;
  while (file && text.size() <= bytes_max) {
    const std::size_t begin = text.size();
    const std::size_t wanted = std::min(kPieceBytes, bytes_max + 1 - begin);
    text.resize(begin + wanted);
    file.read(text.data() + begin, static_cast<std::streamsize>(wanted));
    text.resize(begin + static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad())
    return fail(Code::Invalid, path + ": cannot be read");
  if (text.size() > bytes_max)
    return fail(Code::TooLarge, path + ": is longer than " + std::to_string(bytes_max) + " bytes");
  return text;
}

Result<void> write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file)
    return fail(Code::Invalid, path + ": cannot be written");
  return {};
}

} // namespace berth
