// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
/// \file
/// \brief Everything: quantization plans for Kokkos Views.
#pragma once

#include "KokkosQuant_AffineQuantizer.hpp"
#include "KokkosQuant_DequantizePerToken.hpp"
#include "KokkosQuant_Descriptor.hpp"
#include "KokkosQuant_Plan.hpp"
#include "KokkosQuant_QuantizePerToken.hpp"
#include "KokkosQuant_QuantizePerTokenBackward.hpp"
#include "KokkosQuant_Types.hpp"
#include "KokkosQuant_Version.hpp"
