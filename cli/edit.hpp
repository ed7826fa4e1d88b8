#pragma once
// An edit: one object of the cluster is looked at, a JSON patch is decided that tests what it was
// decided on, and it is sent; if somebody else was there first, all of it again.

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "cli/answer.hpp"
#include "lib/api/json.hpp"
#include "lib/kube/client.hpp"

namespace berth::cli {

/// When somebody changes the same thing meanwhile it is looked at again, so often at most.
inline constexpr int kEditTriesMax = 5;

/// A cluster-scoped object that is edited.
struct EditTarget {
  kube::ResourceType type{};
  std::string name{};
  bool dry_run = false;
};

/// NotFound says where the names are listed.
[[nodiscard]] async::Task<Result<api::Json>> get_for_edit(kube::Client& client, EditTarget target);
[[nodiscard]] async::Task<Result<void>> send_edit(kube::Client& client, EditTarget target,
                                                  std::string patch);

/// `Edit` has the uid of the object and the patch, empty where there is nothing to change. Gives
/// the edit that was sent, or the one that found nothing left to do; else the answer that says why
/// there is none.
template <class Edit>
[[nodiscard]] async::Task<tl::expected<Edit, Answer>>
carry_out_edit(kube::Client& client, EditTarget target,
               std::function<Result<Edit>(const api::Json& object)> decide) {
  std::optional<Edit> seen;
  std::optional<Error> refused;
  for (int tries = 0;; ++tries) {
    auto object = co_await get_for_edit(client, target);
    auto edit = object ? decide(*object) : Result<Edit>(fail(object.error()));
    if (!edit)
      co_return tl::unexpected<Answer>(answer_failure(edit.error()));
    if (edit->patch.empty())
      co_return std::move(*edit);
    // A test in the patch that fails is told as any other fault of the patch: whether it was that
    // is seen in what is there now.
    const bool is_as_it_was = seen && seen->uid == edit->uid && seen->patch == edit->patch;
    if (tries == kEditTriesMax || (is_as_it_was && refused->code == Code::Invalid))
      break;
    seen = std::move(*edit);
    const auto sent = co_await send_edit(client, target, seen->patch);
    if (sent)
      co_return std::move(*seen);
    refused = sent.error();
    if (refused->code != Code::Conflict && refused->code != Code::Invalid)
      break;
  }
  co_return tl::unexpected<Answer>(answer_write_failure(*refused, "patch", target.type));
}

} // namespace berth::cli
