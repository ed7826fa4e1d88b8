#pragma once
// A folder for one test, gone afterwards.

#include <filesystem>
#include <fstream>
#include <string>

#include <stdlib.h>

#include "lib/base/ensure.hpp"

namespace berth::kube::testing {

class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "berth-test-XXXXXX").string();
    ensure(::mkdtemp(pattern.data()) != nullptr, "no temporary folder");
    path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return path_ / name; }
  /// Writes a file by renaming it into place, as mounted Secrets change.
  std::string write(const std::string& name, const std::string& text) const {
    const auto target = path_ / name;
    std::filesystem::create_directories(target.parent_path());
    const auto draft = path_ / (name + ".draft");
    std::ofstream(draft, std::ios::binary) << text;
    std::filesystem::rename(draft, target);
    return target;
  }
  std::string write_program(const std::string& name, const std::string& script) const {
    const auto target = write(name, "#!/bin/sh\n" + script);
    std::filesystem::permissions(target, std::filesystem::perms::owner_all);
    return target;
  }

private:
  std::filesystem::path path_;
};

} // namespace berth::kube::testing
