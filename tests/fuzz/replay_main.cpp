// The main() of fuzz targets in builds without libFuzzer: feeds every file of the folders named on
// the command line to the target once, so that each input that ever broke something is tried each
// time.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

/// How many files of `folder` were fed; -1 when one cannot be read.
int replay(const char* folder) {
  int inputs = 0;
  std::error_code missing;
  for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    if (!file) {
      std::fprintf(stderr, "cannot read %s\n", entry.path().c_str());
      return -1;
    }
    std::fprintf(stderr, "%s\n", entry.path().c_str()); // the last one named is the one that failed
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    ++inputs;
  }
  return missing ? -1 : inputs;
}

} // namespace

int main(int argc, char** argv) {
  int total = 0;
  for (int folder = 1; folder < argc; ++folder) {
    const int inputs = replay(argv[folder]);
    if (inputs <= 0) {
      std::fprintf(stderr, "%s has no inputs to replay\n", argv[folder]);
      return 1;
    }
    total += inputs;
  }
  std::printf("replayed %d inputs\n", total);
  return total > 0 ? 0 : 1;
}
