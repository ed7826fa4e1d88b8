#include "lib/program/identity.hpp"

#include <unistd.h>

namespace berth::program {
namespace {

constexpr std::size_t kHostNameBytesMax = 256;

} // namespace

std::string make_identity(Rng rng) {
  char host[kHostNameBytesMax] = {};
  if (gethostname(host, sizeof host - 1) != 0)
    host[0] = '\0';
  return std::string(host) + "_" + std::to_string(rng.next());
}

} // namespace berth::program
