// What most tests include (cmake/PqcPrecompiled.cmake).
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

#include "precompiled.h"
