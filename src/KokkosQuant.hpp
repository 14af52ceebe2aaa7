// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Everything: quantization plans for Kokkos Views.
///
/// \namespace KokkosQuant
/// \brief Everything that users need. KokkosQuant::Impl is not for them.
#pragma once

#if defined(__cplusplus) && __cplusplus < 202002L
#error "KokkosQuant needs C++20: compile with -std=c++20 (CMake: the target KokkosQuant::quant asks for it)"
#endif

#include "KokkosQuant_AffineQuantizer.hpp"
#include "KokkosQuant_Configuration.hpp"
#include "KokkosQuant_Contract.hpp"
#include "KokkosQuant_Dequantize.hpp"
#include "KokkosQuant_DequantizeBackward.hpp"
#include "KokkosQuant_Descriptor.hpp"
#include "KokkosQuant_DynamicDescriptor.hpp"
#include "KokkosQuant_DynamicQuantize.hpp"
#include "KokkosQuant_DynamicStatistics.hpp"
#include "KokkosQuant_ErrorBound.hpp"
#include "KokkosQuant_FakeQuantize.hpp"
#include "KokkosQuant_FakeQuantizeBackward.hpp"
#include "KokkosQuant_FakeQuantizeCached.hpp"
#include "KokkosQuant_Float8.hpp"
#include "KokkosQuant_Granularity.hpp"
#include "KokkosQuant_LearnableFakeQuantizeBackward.hpp"
#include "KokkosQuant_PackRows.hpp"
#include "KokkosQuant_PackedTypes.hpp"
#include "KokkosQuant_Plan.hpp"
#include "KokkosQuant_Quantize.hpp"
#include "KokkosQuant_QuantizeBackward.hpp"
#include "KokkosQuant_RowPayload.hpp"
#include "KokkosQuant_Types.hpp"
#include "KokkosQuant_UnpackRows.hpp"
#include "KokkosQuant_Version.hpp"
