# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# The installed package: headers with the same paths as in src/, targets, and a config file that looks for Kokkos and never
# fetches anything.

include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/KokkosQuant")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/src/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/kokkos-quant" FILES_MATCHING PATTERN "*.hpp")
install(TARGETS quant EXPORT KokkosQuantTargets)
install(EXPORT KokkosQuantTargets NAMESPACE KokkosQuant:: DESTINATION "${package_dir}")

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/KokkosQuantConfig.cmake.in" "${PROJECT_BINARY_DIR}/KokkosQuantConfig.cmake"
  INSTALL_DESTINATION "${package_dir}")
# 0.x releases may change the interface with each minor version.
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/KokkosQuantConfigVersion.cmake" COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(
  FILES "${PROJECT_BINARY_DIR}/KokkosQuantConfig.cmake" "${PROJECT_BINARY_DIR}/KokkosQuantConfigVersion.cmake"
        "${PROJECT_SOURCE_DIR}/cmake/KokkosQuant_FastMath.cmake" "${PROJECT_SOURCE_DIR}/cmake/KokkosQuant_InterfaceFlags.cmake"
  DESTINATION "${package_dir}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/licenses/kokkos-quant")
