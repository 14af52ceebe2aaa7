// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What PackRows, UnpackRows and UnpackAddRows have in common: names, types, launches.
#pragma once

#include <cstdint>
#include <string>

#include "KokkosQuant_OpFamily.hpp"
#include "KokkosQuant_RowChecks.hpp"
#include "backend/KokkosQuant_DeviceRows.hpp"

namespace KokkosQuant::Impl {

// Functor: HostPackRows or HostUnpackRows.
template <class Exec, class Functor>
struct RowsSweep {
  Functor functor;

  static Mapping mapping() { return Mapping::packs; }
  static constexpr bool on_host = host_space<Exec> && !device_walk_on_host;
  static int pack_width() { return on_host ? Functor::width : 1; }
  void launch(const Exec& exec, const std::string& label) const {
    if constexpr (on_host)
      launch_host_rows(exec, label, functor);
    else
      launch_device_rows(exec, label, functor);
  }
};

struct RowsOp {
  template <class Args>
  using data_type = stored_t<decltype(Args::x)>;
  template <class Args>
  static constexpr const char* code_type_name() {
    return "";
  }
  template <class Descriptor>
  static constexpr const char* code_type_name_of() {
    return type_name<typename row_payload<Descriptor>::code>();
  }
  template <class Args>
  static const auto& shape_of(const Args& args) {
    return args.x;
  }
  template <class Descriptor, class Args>
  static std::int64_t record_size(const Args& args) {
    return Descriptor::buffer_size(1, columns_of(args.x)) - row_header_bytes;
  }
  template <class Args>
  static auto rows_of_field(const Args& args) {
    return row_indices(args.rows, static_cast<std::int64_t>(args.x.extent(0)));
  }
};

}  // namespace KokkosQuant::Impl
