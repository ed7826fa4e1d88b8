#pragma once
// Result<T>: how an operation that may fail for reasons outside the program answers.
// A rejection (a pod that does not fit) is data and never travels here; a programmer's error is
// ensure(). This is the one place that names tl::expected, so that std::expected can replace it.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace berth {

/// Why an operation failed, as far as a caller must tell the cases apart.
enum class Code {
  NotFound,      ///< the object, file or endpoint does not exist
  AlreadyExists, ///< create: an object of that name is there
  Conflict,      ///< a precondition (resourceVersion, UID, JSON-patch test) no longer holds
  Gone,          ///< a resourceVersion or continue token is older than the server's history
  Throttled,     ///< the peer asked us to slow down; see Error::retry_after
  Unavailable,   ///< the peer cannot be reached or cannot answer now
  Timeout,       ///< no answer in time; the effect is unknown
  Invalid,       ///< the input is malformed or refused; repeating it cannot help
  Unauthorized,  ///< the peer does not know us
  Forbidden,     ///< the peer knows us and says no
  Cancelled,     ///< we stopped waiting on purpose
  TooLarge,      ///< a size limit was passed
  Internal,      ///< none of the above
};

[[nodiscard]] std::string_view to_string(Code code);

/// An operational failure: a machine word, a sentence for people, and when to try again.
struct Error {
  Code code = Code::Internal;
  std::string message;
  /// How long the peer asked us to wait (HTTP Retry-After); absent when it did not say.
  std::optional<std::chrono::milliseconds> retry_after{};

  /// The same failure with what was being done put in front: "failed to patch Quota a: ...".
  [[nodiscard]] Error while_doing(std::string_view doing) const;
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] tl::unexpected<Error> fail(Code code, std::string message);
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}

} // namespace berth

#define BERTH_CONCAT_INNER(a, b) a##b
#define BERTH_CONCAT(a, b) BERTH_CONCAT_INNER(a, b)

/// BERTH_TRY(auto value, expression): unwraps a Result or returns its error from this function.
#define BERTH_TRY(declaration, ...)                                                                \
  auto BERTH_CONCAT(berth_try_, __LINE__) = (__VA_ARGS__);                                         \
  if (!BERTH_CONCAT(berth_try_, __LINE__))                                                         \
    return ::berth::fail(std::move(BERTH_CONCAT(berth_try_, __LINE__)).error());                   \
  declaration = std::move(*BERTH_CONCAT(berth_try_, __LINE__))

/// BERTH_CO_TRY(auto value, co_await expression): the same inside a coroutine.
#define BERTH_CO_TRY(declaration, ...)                                                             \
  auto BERTH_CONCAT(berth_try_, __LINE__) = (__VA_ARGS__);                                         \
  if (!BERTH_CONCAT(berth_try_, __LINE__))                                                         \
    co_return ::berth::fail(std::move(BERTH_CONCAT(berth_try_, __LINE__)).error());                \
  declaration = std::move(*BERTH_CONCAT(berth_try_, __LINE__))

/// BERTH_CHECK(expression): like BERTH_TRY for Result<void>.
#define BERTH_CHECK(...)                                                                           \
  if (auto berth_checked = (__VA_ARGS__); !berth_checked)                                          \
  return ::berth::fail(std::move(berth_checked).error())

/// BERTH_CO_CHECK(co_await expression): like BERTH_CO_TRY for Result<void>.
#define BERTH_CO_CHECK(...)                                                                        \
  if (auto berth_checked = (__VA_ARGS__); !berth_checked)                                          \
  co_return ::berth::fail(std::move(berth_checked).error())
