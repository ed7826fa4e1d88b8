#include "lib/kube/token_source.hpp"

#include <algorithm>

#include "lib/base/file.hpp"
#include "lib/base/text.hpp"

namespace berth::kube {
namespace {

constexpr std::size_t kTokenBytesMax = std::size_t{64} << 10U;
constexpr Duration kReadEvery = std::chrono::minutes{1};
/// Read a little sooner, so that a token never grows older than the period while it is in use.
constexpr Duration kLeeway = std::chrono::seconds{10};

} // namespace

Result<std::string> read_token(const std::string& path) {
  BERTH_TRY(const std::string text, read_file(path, kTokenBytesMax));
  return clean_token(text, path);
}

async::Task<Result<std::string>> StaticTokenSource::token() {
  co_return token_;
}

async::Task<Result<std::string>> FileTokenSource::token() {
  const SteadyPoint now = clock_.steady_now();
  if (!token_.empty() && read_ && now - *read_ < kReadEvery - kLeeway)
    co_return token_;
  auto fresh = read_token(path_);
  if (!fresh && token_.empty())
    co_return fail(std::move(fresh).error());
  read_ = now;
  if (fresh)
    token_ = std::move(*fresh);
  co_return token_;
}

Result<std::string> clean_token(std::string_view text, const std::string& name) {
  constexpr std::string_view kSpace = " \t\r\n";
  std::string token(trimmed(text, kSpace));
  if (token.empty())
    return fail(Code::Invalid, name + ": is empty");
  if (token.size() > kTokenBytesMax)
    return fail(Code::TooLarge, name + ": is longer than a token");
  const bool sendable =
      std::all_of(token.begin(), token.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (!sendable)
    return fail(Code::Invalid, name + ": holds characters that no token has");
  return token;
}

} // namespace berth::kube
