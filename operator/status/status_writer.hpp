#pragma once
// Writing a status: by server-side apply under the operator's field manager, only when it differs
// from what the API has, and only onto the version that it was computed from. The status is whole
// each time: what is left out is given up. It remembers for a while which versions it has written
// onto, since the watch shows them as they were before.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/api/codec.hpp"
#include "lib/kube/client.hpp"
#include "operator/failpoint.hpp"
#include "operator/leads.hpp"

namespace berth::op {

class StatusWriter {
public:
  StatusWriter(kube::Client& client, FailpointPlan& failpoints, Leads leads, const Clock& clock)
      : client_(client), failpoints_(failpoints), leads_(std::move(leads)), clock_(clock) {}

  /// `current` is the part of the object's status that the operator owns. True if it was written;
  /// false if there is nothing to write, or if the object changed meanwhile: its change brings it
  /// back.
  template <class T, class Status = decltype(T::status)>
  [[nodiscard]] async::Task<Result<bool>> write(const kube::ResourceType& type, const T& object,
                                                Status current, Status wanted) {
    if (current == wanted)
      co_return false;
    std::string body = api::encode_status<T>(object.meta, wanted);
    auto written = co_await send(type, object.meta, std::move(body));
    if (written && *written)
      note_written(object.meta);
    co_return written;
  }

  /// A status that was written onto a version says nothing new as long as the watch shows that one;
  /// but what the server found to change nothing never comes, so it is looked at again after this.
  static constexpr Duration kSeenWithin = std::chrono::seconds{10};
  /// How long the watch may still take to show what was written onto this version; nothing if
  /// nothing was, or if it has taken too long.
  [[nodiscard]] std::optional<Duration> awaited(const kube::ObjectMeta& object) const;

  /// The whole list, onto the version that it was decided on. As with write().
  [[nodiscard]] async::Task<Result<bool>> write_finalizers(kube::ResourceType type,
                                                           kube::ObjectMeta object,
                                                           std::vector<std::string> finalizers);

private:
  struct Written {
    std::string onto{}; ///< resourceVersion
    SteadyPoint at{};
  };
  using ByUid = std::map<std::string, Written>;

  [[nodiscard]] async::Task<Result<bool>> send(kube::ResourceType type, kube::ObjectMeta object,
                                               std::string body);
  void note_written(const kube::ObjectMeta& object);

  kube::Client& client_;
  FailpointPlan& failpoints_;
  Leads leads_;
  const Clock& clock_;
  ByUid newest_;  ///< written since `turned_at_`
  ByUid earlier_; ///< and in the kSeenWithin before that
  SteadyPoint turned_at_{};
};

} // namespace berth::op
