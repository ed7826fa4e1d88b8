#pragma once
// A custom resource made for the contract: Widgets, with a status, a keyed list of conditions, a
// default, a range and an enumeration.

#include "tests/contract/api_under_test.hpp"

namespace berth::contract {

inline constexpr const char* kWidgets = "contract.berth.dev/v1";

/// Serves Widgets from now on; nothing happens where they are served already.
void define_widgets(ApiUnderTest& api);
[[nodiscard]] Json widget(const std::string& name);

} // namespace berth::contract
