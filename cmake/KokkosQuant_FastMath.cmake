# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# KokkosQuant promises bits. Flags that let a compiler reorder, approximate or flush are refused when CMake runs: several
# compilers define no macro that the headers could look at (nvcc for its --use_fast_math, clang for -freciprocal-math), and
# linking with -ffast-math flushes subnormals in the whole process. Part of the installed package.

include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/KokkosQuant_InterfaceFlags.cmake")

# Stops with a message when the calling folder's flags, or those that come with Kokkos, give up IEEE arithmetic.
function(kokkosquant_refuse_fast_math)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" config)
  set(bad "")
  foreach(language CXX CUDA HIP)
    # In the order of the command line, where a later -fno-... or -O takes an earlier flag back.
    foreach(name CMAKE_${language}_FLAGS CMAKE_${language}_FLAGS_${config})
      kokkosquant_find_fast_math(bad "${name}" "${${name}}")
    endforeach()
  endforeach()
  get_directory_property(options COMPILE_OPTIONS)
  kokkosquant_find_fast_math(bad "the folder's compile options (add_compile_options)" "${options}")
  if(TARGET Kokkos::kokkos)
    kokkosquant_interface_flags(Kokkos::kokkos options targets)
    kokkosquant_find_fast_math(bad "the options that come with Kokkos (${targets})" "${options}")
  endif()

  set(linking "")
  foreach(kind EXE SHARED)
    foreach(name CMAKE_${kind}_LINKER_FLAGS CMAKE_${kind}_LINKER_FLAGS_${config})
      kokkosquant_find_fast_math(linking "${name}" "${${name}}")
    endforeach()
  endforeach()
  get_directory_property(options LINK_OPTIONS)
  kokkosquant_find_fast_math(linking "the folder's link options (add_link_options)" "${options}")

  list(APPEND bad ${linking})
  if(bad)
    list(REMOVE_DUPLICATES bad)
    string(REPLACE ";" "\n  " text "${bad}")
    message(
      FATAL_ERROR
        "KokkosQuant gives exact bits, and these flags do not keep them:\n  ${text}\n"
        "Take them out, or take them back behind it (-fno-fast-math, -O3 for -Ofast). -ffp-contract=fast, -O3 and "
        "-march=native are welcome. Where other files of a project need such flags, give them to those files alone "
        "(set_source_files_properties), and never to the linker: with it, subnormals are flushed in the whole process.")
  endif()
endfunction()

# Appends '<flag> in <where>' to the list <result> for every offending flag in <text>, and drops what <text> takes back.
function(kokkosquant_find_fast_math result where text)
  set(found "${${result}}")
  # Whatever else stands around them (-Xcompiler=, generator expressions, quotes), a flag begins with a dash or a slash.
  string(REPLACE ";" " " text " ${text}")
  string(REGEX REPLACE "(-fp-model) " "\\1=" text "${text}")
  string(REGEX REPLACE "(-ftz|-prec-div|-prec-sqrt) (true|false)" "\\1=\\2" text "${text}")
  string(REGEX MATCHALL "[ ,:=\"'][-/][-A-Za-z0-9_/.]+([=:][a-z0-9]+)?" flags "${text}")
  foreach(flag IN LISTS flags)
    string(SUBSTRING "${flag}" 1 -1 flag)
    string(REGEX REPLACE "^--" "-" plain "${flag}")
    if(plain MATCHES "^-fno-(fast-math|unsafe-math-optimizations|finite-math-only|reciprocal-math|associative-math)$")
      list(FILTER found EXCLUDE REGEX "^-f${CMAKE_MATCH_1} ")
      if(CMAKE_MATCH_1 STREQUAL "fast-math")
        list(FILTER found EXCLUDE REGEX "^-(Ofast|funsafe-math-optimizations) ")
      endif()
    elseif(plain MATCHES "^-f(signed-zeros|honor-nans|honor-infinities)$")
      list(FILTER found EXCLUDE REGEX "^-fno-${CMAKE_MATCH_1} ")
    elseif(plain MATCHES "^-O[0-3sgz]?$")
      list(FILTER found EXCLUDE REGEX "^-Ofast ")
    elseif(plain MATCHES "^-fp-model=(precise|strict)")
      list(FILTER found EXCLUDE REGEX "^-fp-model=fast")
    elseif(plain MATCHES "^-(Ofast|ffast-math|funsafe-math-optimizations|ffinite-math-only|freciprocal-math)$"
           OR plain MATCHES "^-(fassociative-math|fno-signed-zeros|fno-honor-nans|fno-honor-infinities|mdaz-ftz|ffp-model=fast)$"
           OR plain MATCHES "^-(use_fast_math|ftz=true|prec-div=false|prec-sqrt=false|fgpu-flush-denormals-to-zero)$"
           OR plain MATCHES "^-(fp-model=fast[12]?|fast|fastsse|Mfprelaxed.*|Mflushz|Mdaz|Mfast.*)$"
           OR plain MATCHES "^[-/]fp:fast$")
      list(APPEND found "${flag} in ${where}")
    endif()
  endforeach()
  set(${result} "${found}" PARENT_SCOPE)
endfunction()
