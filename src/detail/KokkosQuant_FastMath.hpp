// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The arithmetic contract is exact IEEE arithmetic. Compiler modes that give it up are refused where they can be seen;
// the CMake package looks for the flags of compilers that define no macro for them.
#pragma once

#include <cfloat>

#if defined(__FAST_MATH__)
#error "KokkosQuant gives exact bits, and -ffast-math (-Ofast, -fp-model=fast) does not keep them: compile without it"
#endif
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error "KokkosQuant honours NaN and Inf, and -ffinite-math-only does not: compile without it"
#endif
#if defined(__RECIPROCAL_MATH__)
#error "KokkosQuant divides correctly rounded, and -freciprocal-math does not: compile without it"
#endif
#if defined(__ASSOCIATIVE_MATH__)
#error "KokkosQuant rounds every operation as written, and -fassociative-math reorders them: compile without it"
#endif
#if defined(__NO_SIGNED_ZEROS__)
#error "KokkosQuant honours the sign of zero, and -fno-signed-zeros does not: compile without it"
#endif
#if defined(_M_FP_FAST)
#error "KokkosQuant gives exact bits, and /fp:fast does not keep them: compile with /fp:precise"
#endif
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0
#error "KokkosQuant needs float evaluated as float (FLT_EVAL_METHOD 0): on 32-bit x86 compile with -msse2 -mfpmath=sse"
#endif
