#pragma once
// NameSet: finds a name that stands twice in a list of thousands, in one pass over a table that is
// kept between calls. Names come from outside, so a list made to collide costs a sort and no more.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace berth::extender {

class NameSet {
public:
  /// The first name, in the order of the list, that stands before it already. `hashes` are the
  /// names' hash_name()s.
  [[nodiscard]] std::optional<std::string_view>
  first_repeated(std::span<const std::string_view> names, std::span<const std::uint64_t> hashes);

private:
  struct Slot {
    std::uint32_t tag = 0;   ///< upper half of the hash
    std::uint32_t entry = 0; ///< position + 1; 0: free
  };
  std::vector<Slot> slots_; ///< open addressing
};

} // namespace berth::extender
