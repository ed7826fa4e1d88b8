#include "cli/edit.hpp"

namespace berth::cli {

async::Task<Result<api::Json>> get_for_edit(kube::Client& client, EditTarget target) {
  const std::string what = target.type.kind + ' ' + target.name;
  kube::ObjectKey key{"", target.name};
  auto text = co_await client.get(target.type, std::move(key));
  if (!text && text.error().code == Code::NotFound)
    co_return fail(Code::NotFound, "there is no " + what + "; \"kubectl berth status\" lists them");
  if (!text)
    co_return fail(text.error().while_doing("get " + what));
  co_return api::parse_json(*text);
}

async::Task<Result<void>> send_edit(kube::Client& client, EditTarget target, std::string patch) {
  kube::ObjectKey key{"", target.name};
  kube::WriteOptions how;
  how.dry_run = target.dry_run;
  const auto written = co_await client.patch(target.type, std::move(key), kube::PatchType::Json,
                                             std::move(patch), how);
  if (!written)
    co_return fail(written.error().while_doing("patch " + target.type.kind + ' ' + target.name));
  co_return Result<void>{};
}

} // namespace berth::cli
