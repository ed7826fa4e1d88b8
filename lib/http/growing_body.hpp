#pragma once
// GrowingBody: a Beast body that takes memory as bytes come. Beast's own string_body reserves what
// Content-Length promises, so that a peer could claim memory without sending anything. What has
// come may be moved out at any time, which makes it the body of a stream as well.

#include <algorithm>
#include <cstdint>
#include <string>

#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/optional.hpp>

namespace berth::http {

struct GrowingBody {
  using value_type = std::string;

  static std::uint64_t size(const value_type& body) { return body.size(); }

  class reader {
  public:
    template <bool isRequest, class Fields>
    reader(boost::beast::http::header<isRequest, Fields>&, value_type& body) : body_(body) {}

    void init(const boost::optional<std::uint64_t>& length, boost::beast::error_code& error) {
      constexpr std::uint64_t kReservedBytesMax = 64U << 10U;
      if (length)
        body_.reserve(static_cast<std::size_t>(std::min(*length, kReservedBytesMax)));
      error = {};
    }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::beast::error_code& error) {
      const std::size_t before = body_.size();
      for (const boost::asio::const_buffer piece : boost::beast::buffers_range_ref(buffers))
        body_.append(static_cast<const char*>(piece.data()), piece.size());
      error = {};
      return body_.size() - before;
    }
    void finish(boost::beast::error_code& error) { error = {}; }

  private:
    value_type& body_;
  };
};

} // namespace berth::http
