#include "lib/base/result.hpp"

namespace berth {

std::string_view to_string(Code code) {
  switch (code) {
  case Code::NotFound: return "NotFound";
  case Code::AlreadyExists: return "AlreadyExists";
  case Code::Conflict: return "Conflict";
  case Code::Gone: return "Gone";
  case Code::Throttled: return "Throttled";
  case Code::Unavailable: return "Unavailable";
  case Code::Timeout: return "Timeout";
  case Code::Invalid: return "Invalid";
  case Code::Unauthorized: return "Unauthorized";
  case Code::Forbidden: return "Forbidden";
  case Code::Cancelled: return "Cancelled";
  case Code::TooLarge: return "TooLarge";
  case Code::Internal: return "Internal";
  }
  return "Internal";
}

Error Error::while_doing(std::string_view doing) const {
  Error outer = *this;
  outer.message = "failed to " + std::string(doing) + ": " + message;
  return outer;
}

tl::unexpected<Error> fail(Code code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::nullopt});
}

} // namespace berth
