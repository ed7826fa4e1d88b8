// What every file of tests includes, compiled once.
#pragma once

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>
