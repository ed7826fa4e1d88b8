#include "analyzer/sources/served_version.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "lib/kube/codec_simdjson.hpp"

namespace berth::analyzer {
namespace {

using kube::JsonElement;
using kube::member;
using kube::read_members;
using Versions = std::vector<std::string>;

Result<std::shared_ptr<const Versions>> decode_versions(JsonElement value) {
  auto served = std::make_shared<Versions>();
  const auto read_version = [&](JsonElement it) {
    return read_members(it, member("version", [&](JsonElement name) {
                          return kube::read_text(name, served->emplace_back());
                        }));
  };
  BERTH_CHECK(read_members(value, member("versions", [&](JsonElement it) {
                             return kube::read_elements(it, read_version);
                           })));
  return served;
}

} // namespace

Result<std::string> decode_served_version(const std::string& text,
                                          std::span<const std::string_view> known) {
  BERTH_TRY(const auto served, kube::decode_one_text<Versions>(text, decode_versions));
  std::string all;
  for (const std::string_view version : known) {
    if (std::ranges::find(*served, version) != served->end())
      return std::string(version);
    all += (all.empty() ? "" : " nor ") + std::string(version);
  }
  return fail(Code::NotFound, "neither " + all + " is served");
}

async::Task<Result<void>> ServedGroup::find_version() {
  if (version_)
    co_return Result<void>{};
  const auto text = co_await client_.get_raw("/apis/" + group_);
  if (!text)
    co_return fail(text.error().while_doing("look for " + group_));
  auto version = decode_served_version(*text, known_);
  if (!version)
    co_return fail(version.error().while_doing("look for " + group_));
  version_ = std::move(*version);
  co_return Result<void>{};
}

} // namespace berth::analyzer
