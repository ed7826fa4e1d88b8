#pragma once
// Token sources: a fixed token, and one in a file that is replaced while the program runs (a
// projected service account token). For exec plugins see exec_plugin.hpp.

#include <string>

#include "lib/kube/client.hpp"

namespace berth::kube {

/// Without the white space around it; Invalid when nothing is left or when it could not be sent in
/// a header. `name` begins the message; the token itself is never in it.
[[nodiscard]] Result<std::string> clean_token(std::string_view text, const std::string& name);

/// The token in a file, cleaned; the message of an error names the file.
[[nodiscard]] Result<std::string> read_token(const std::string& path);

class StaticTokenSource final : public TokenSource {
public:
  explicit StaticTokenSource(std::string token) : token_(std::move(token)) {}
  [[nodiscard]] async::Task<Result<std::string>> token() override;
  void reject(std::string_view) override {} // there is no other one

private:
  std::string token_;
};

/// Reads the file again after a minute, or when the server rejected what it held. While the file
/// cannot be read, or is empty, the last good token is used on (F18).
class FileTokenSource final : public TokenSource {
public:
  FileTokenSource(std::string path, const Clock& clock) : path_(std::move(path)), clock_(clock) {}
  [[nodiscard]] async::Task<Result<std::string>> token() override;
  void reject(std::string_view token) override {
    if (token == token_)
      read_.reset();
  }

private:
  std::string path_;
  const Clock& clock_;
  std::string token_;
  std::optional<SteadyPoint> read_; ///< when it was last read or tried
};

} // namespace berth::kube
