#include "lib/base/ensure.hpp"

#include <cstdio>
#include <cstdlib>

namespace berth {

void abort_because(std::string_view why, std::source_location where) {
  std::fprintf(stderr, "berth: broken invariant: %.*s (%s:%u, %s)\n", static_cast<int>(why.size()),
               why.data(), where.file_name(), static_cast<unsigned>(where.line()),
               where.function_name());
  std::abort();
}

} // namespace berth
