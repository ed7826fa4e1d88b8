#pragma once
// Listing<T>: all objects of one kind as they are now, page by page, with those that could not be
// read named beside the others. The one way in which the commands read lists.
// Included by observe.cpp files only: it brings in the JSON parser.

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/api/codec.hpp"
#include "lib/kube/client.hpp"
#include "lib/kube/codec_json.hpp"

namespace berth::cli {

/// More pages than this are refused: ten million objects.
inline constexpr std::size_t kPagesMax = 20'000;

template <class T>
struct Listing {
  std::vector<std::shared_ptr<const T>> items;
  /// "Quota team-a: spec.weight: must be at least 1"
  std::vector<std::string> unreadable;
};

/// What went wrong with a list, and that Berth is not installed where its kinds are not served.
[[nodiscard]] Error list_failure(const kube::ResourceType& type, const Error& error);

/// `options` says which; its limit is the size of a page.
template <class T>
[[nodiscard]] async::Task<Result<Listing<T>>>
list_all(kube::Client& client, kube::ResourceType type, kube::ListOptions options,
         kube::Codec<T> codec) {
  Listing<T> listing;
  for (std::size_t pages = 0; pages < kPagesMax; ++pages) {
    auto text = co_await client.list(type, options);
    if (!text)
      co_return fail(list_failure(type, text.error()));
    auto page = codec.decode_page(std::move(*text));
    if (!page)
      co_return fail(page.error().while_doing("read the list of " + type.plural));
    std::ranges::move(page->items, std::back_inserter(listing.items));
    for (const kube::Malformed& malformed : page->malformed)
      listing.unreadable.push_back(type.kind + " " + to_string(malformed.key) + ": " +
                                   malformed.why);
    options.continue_token = page->continue_token;
    if (options.continue_token.empty())
      co_return listing;
  }
  co_return fail(Code::TooLarge, "list " + type.plural + ": the list does not end");
}

/// All of a kind, into their places.
template <class T>
[[nodiscard]] async::Task<Result<void>>
list_into(kube::Client& client, kube::ResourceType type, kube::Codec<T> codec,
          std::vector<std::shared_ptr<const T>>& items, std::vector<std::string>& unreadable) {
  const kube::ListOptions everything;
  auto listed = co_await list_all<T>(client, type, everything, std::move(codec));
  if (!listed)
    co_return fail(listed.error());
  items = std::move(listed->items);
  std::ranges::move(listed->unreadable, std::back_inserter(unreadable));
  co_return Result<void>{};
}

/// The same for one of Berth's own kinds.
template <class T>
[[nodiscard]] async::Task<Result<void>> list_into(kube::Client& client, kube::ResourceType type,
                                                  std::vector<std::shared_ptr<const T>>& items,
                                                  std::vector<std::string>& unreadable) {
  auto codec = kube::make_json_codec<T>(
      type, [](const api::Json& object) { return api::decode<T>(object); });
  co_return co_await list_into<T>(client, std::move(type), std::move(codec), items, unreadable);
}

} // namespace berth::cli
