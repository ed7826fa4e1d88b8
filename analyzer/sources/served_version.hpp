#pragma once
// Which version of somebody else's API is served: it is asked for, not assumed.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "lib/api/object_meta.hpp"
#include "lib/async/task.hpp"
#include "lib/base/result.hpp"
#include "lib/kube/client.hpp"

namespace berth::analyzer {

/// The first of `known` that an APIGroup lists; NotFound: none is.
[[nodiscard]] Result<std::string> decode_served_version(const std::string& text,
                                                        std::span<const std::string_view> known);

/// Reads objects of an API group by the version of it that is served. The version is asked for
/// once, and again after an object was not found by it.
class ServedGroup {
public:
  using TypeOf = std::function<kube::ResourceType(const std::string& version)>;

  /// `known` are the versions that are known here, the newest first; it must outlive this.
  ServedGroup(kube::Client& client, std::string group, std::span<const std::string_view> known)
      : client_(client), group_(std::move(group)), known_(known) {}

  /// NotFound: there is no such object, or no such API in this cluster.
  template <typename Object>
  [[nodiscard]] async::Task<Result<Object>> read(TypeOf type_of, api::ObjectKey key,
                                                 Result<Object> (*decode)(const std::string&)) {
    if (const auto found = co_await find_version(); !found)
      co_return fail(found.error());
    const kube::ResourceType type = type_of(*version_);
    const std::string doing = "read " + type.kind + ' ' + to_string(key);
    const auto text = co_await client_.get(type, key);
    if (!text) {
      if (text.error().code == Code::NotFound)
        version_.reset(); // the object is not there, or that version of it
      co_return fail(text.error().while_doing(doing));
    }
    auto object = decode(*text);
    if (!object)
      co_return fail(object.error().while_doing(doing));
    co_return std::move(*object);
  }

private:
  async::Task<Result<void>> find_version();

  kube::Client& client_;
  std::string group_;
  std::span<const std::string_view> known_;
  std::optional<std::string> version_{};
};

} // namespace berth::analyzer
