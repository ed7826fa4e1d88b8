#include "tests/unit/cli/golden.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace berth::cli {

void check_golden(const std::string& name, const std::string& text) {
  const std::string path = "tests/golden/cli/" + name;
  INFO(path);
  if (std::getenv("BERTH_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    FAIL_CHECK("written anew: read the difference, and run again without BERTH_UPDATE_GOLDEN");
    return;
  }
  std::ifstream file(path);
  REQUIRE(file.good());
  std::stringstream kept;
  kept << file.rdbuf();
  CHECK(text == kept.str());
}

} // namespace berth::cli
