#pragma once
// PoolWebhook: asks a server of the cluster's owner for another number of nodes, by a signed POST
// of a PoolOrder. The order is whole and absolute: heard twice it is the same. Of the answer
// nothing but the status is looked at.

#include <cstddef>
#include <string>
#include <string_view>

#include "analyzer/advise/plan.hpp"
#include "lib/async/executor.hpp"
#include "lib/async/task.hpp"
#include "lib/http/transport.hpp"

namespace berth::analyzer {

/// Carries signature_of() the body.
inline constexpr std::string_view kSignatureHeader = "Berth-Signature";
inline constexpr std::string_view kIdempotencyHeader = "Idempotency-Key";
/// What a secret of fewer bytes signs is no better than unsigned.
inline constexpr std::size_t kWebhookSecretBytesMin = 16;
inline constexpr std::size_t kWebhookSecretBytesMax = 4096;

struct PoolWebhookOptions {
  std::string target = "/";  ///< path of the URL
  std::string secret_file{}; ///< read for each order, so that a new secret needs no restart
  Duration timeout = std::chrono::seconds{3}; ///< of one try
  std::size_t response_bytes_max = std::size_t{16} << 10U;
  int tries_max = 3;
  Duration pause = std::chrono::milliseconds{500}; ///< before the second try; then twice as long
};

/// The file's text without the end of its line; Invalid: it is too short to sign with.
[[nodiscard]] Result<std::string> read_webhook_secret(const std::string& file);

class PoolWebhook {
public:
  PoolWebhook(http::Transport& transport, async::Executor& executor, PoolWebhookOptions options)
      : transport_(transport), executor_(executor), options_(std::move(options)) {}

  /// Done once it answers 2xx. Sent again, with the same key, where no whole answer comes, and
  /// after 429 and 5xx; any other status is its last word.
  [[nodiscard]] async::Task<Result<void>> send(PoolOrder order);

private:
  [[nodiscard]] async::Task<Result<int>> try_once(std::string body, std::string key);

  http::Transport& transport_;
  async::Executor& executor_;
  PoolWebhookOptions options_;
};

} // namespace berth::analyzer
