// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief The library's version. The build reads it from here.
#pragma once

/// The major version: changes where the interface breaks
#define KOKKOSQUANT_VERSION_MAJOR 0
/// The minor version: changes where something is added; below 1.0 also where the interface breaks
#define KOKKOSQUANT_VERSION_MINOR 1
/// The patch version: changes with corrections
#define KOKKOSQUANT_VERSION_PATCH 0
/// MAJOR * 10000 + MINOR * 100 + PATCH, as KOKKOS_VERSION
#define KOKKOSQUANT_VERSION (KOKKOSQUANT_VERSION_MAJOR * 10000 + KOKKOSQUANT_VERSION_MINOR * 100 + KOKKOSQUANT_VERSION_PATCH)
