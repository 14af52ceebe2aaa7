// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What every plan has in common: it holds the instance, the Views and the kernel chosen for them. An Op says the rest:
//   name, code_type_name<Args>()       for labels, messages and the sku
//   granularity                        which elements share a scale
//   accepts<Exec, Args>()              static_asserts on the arguments' types
//   check(checks, descriptor, args)    run-time checks
//   sweep<Exec>(descriptor, args, hint) the RowSweep, or another with mapping, pack_width, launch(exec, label); one that
//                                      needs bytes has workspace_size() and launch(exec, label, workspace)
//   guarantee<Args>()                  or guarantee_of<Descriptor, Args>()
//   validate(exec, descriptor, args)   (some) looks at what the Views hold
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "../KokkosQuant_Contract.hpp"
#include "KokkosQuant_Checks.hpp"
#include "KokkosQuant_Requirements.hpp"
#include "KokkosQuant_RowSweep.hpp"

namespace KokkosQuant::Impl {

template <class Op, class Exec, class Args, descriptor_type Descriptor>
class PlanBase {
  static_assert(Op::template accepts<Exec, Args>());
  using Sweep =
      decltype(Op::template sweep<Exec>(std::declval<const Descriptor&>(), std::declval<const Args&>(), Mapping::automatic));
  static constexpr bool takes_workspace = requires(const Sweep& s) { s.workspace_size(); };
  static constexpr bool can_validate = requires(const Exec& exec, const Descriptor& d, const Args& args) {
    Op::validate(exec, d, args);
  };
  static constexpr bool can_validate_received = requires(const Exec& exec, const Descriptor& d, const Args& args) {
    Op::validate(exec, d, args, std::int64_t{});
  };

 public:
  using execution_space = Exec;        ///< of the instance
  using args_type = Args;              ///< the aggregate of Views
  using descriptor_type = Descriptor;  ///< QuantizeDescriptor, or one that names other rules

  /// \brief Checks the arguments and chooses a kernel for them. The plan keeps copies of the instance and of the Views (which share
  /// their memory). Reads no element, launches nothing.
  /// \throws std::invalid_argument where can_implement is false, with its message
  PlanBase(const Exec& exec, const Descriptor& descriptor, const Args& args, PlanPreference preference = {})
      : exec_(exec),
        descriptor_(descriptor),
        args_(checked(exec, descriptor, args)),
        preference_(preference),
        sweep_(Op::template sweep<Exec>(descriptor, args, preference.mapping)) {}

  /// \brief Can a plan be made of these? Never throws, never launches, reads no element.
  /// \return true, or false with a message: what was given and what was expected
  [[nodiscard]] static Status can_implement(const Exec&, const Descriptor& descriptor, const Args& args) noexcept {
    try {
      Checks checks(row_order(Op::shape_of(args)));
      Op::check(checks, descriptor, args);
      return checks.status();
    } catch (...) {
      return Status("out of memory");  // short enough to need none
    }
  }

  /// \brief Launches the kernel on the plan's instance and Views; asynchronous on that instance.
  ///
  /// Re-entrant: any number of calls and threads at once, as far as the Views' contents allow. No allocation, copy or fence of
  /// its own (Kokkos 5 copies a kernel's label); can be captured in a graph. The Views' memory must live until the kernel is done,
  /// the plan need not. Profilers show the kernel as "KokkosQuant::" and the op's name. (There is no region around it: Kokkos
  /// fences all devices where a tool sees one begin and end.)
  /// \throws std::invalid_argument where workspace_size() is not 0: such plans take their bytes, run(workspace)
  /// \throws std::runtime_error with the sku and Kokkos' message where a launch fails, Kokkos' exception nested in it
  void run() const { launch(sweep_); }

  /// \brief The same for other Views of the same types and extents (double buffers).
  ///
  /// Strides, alignment and aliasing are checked again, and the kernel is chosen again.
  /// \throws std::invalid_argument where can_implement is false or an extent differs; nothing is launched then
  /// \throws std::runtime_error as run()
  void run(const Args& args) const { launch(sweep_for(args)); }

  /// \brief Bytes that run() needs from the caller: for most ops none.
  static constexpr std::size_t workspace_size() requires(!takes_workspace) { return 0; }
  /// \brief The same for ops that need some.
  std::size_t workspace_size() const requires takes_workspace { return sweep_.workspace_size(); }

  /// \brief run() for plans with a workspace_size(): a Kokkos::View<std::byte*> (or of another type of one byte) in memory that
  /// the instance reaches, of at least that many bytes, at an address that is a multiple of 16.
  ///
  /// Its contents need not be set and are not kept. One kernel at a time may use it. It must live until the kernel is done.
  /// \throws std::invalid_argument where it is too small, null or misaligned; nothing is launched then
  template <view Workspace>
  void run(const Workspace& workspace) const {
    launch(sweep_, workspace);
  }
  /// \brief Both: other Views, and a workspace.
  /// \throws std::invalid_argument as run(args) and run(workspace)
  template <view Workspace>
  void run(const Args& args, const Workspace& workspace) const {
    launch(sweep_for(args), workspace);
  }

  /// \brief (PackRows, UnpackRows, UnpackAddRows) Looks at what the Views hold, of which run() sees nothing on the host: indices,
  /// and the buffer that arrived. Launches a kernel on the plan's instance and waits for it; writes nothing.
  /// \return true, or false with a message: what was found and what was expected
  [[nodiscard]] Status validate() const requires can_validate { return Op::validate(exec_, descriptor_, args_); }
  /// \brief (UnpackRows, UnpackAddRows) The same where so many bytes of the buffer arrived, which may be longer.
  [[nodiscard]] Status validate(std::int64_t received) const requires can_validate_received {
    return Op::validate(exec_, descriptor_, args_, received);
  }

  /// \brief Which kernel run() launches.
  KernelSku sku() const { return sku_of(sweep_); }
  /// \brief What run() promises about its results.
  static constexpr PrecisionGuarantee precision_guarantee() {
    if constexpr (requires { Op::template guarantee_of<Descriptor, Args>(); })
      return Op::template guarantee_of<Descriptor, Args>();
    else
      return Op::template guarantee<Args>();
  }

  const Exec& instance() const { return exec_; }                ///< where run() launches
  const Descriptor& descriptor() const { return descriptor_; }  ///< as given
  const Args& args() const { return args_; }                    ///< the Views of run()

 private:
  static void require(const Status& status) {
    if (!status) throw std::invalid_argument("KokkosQuant::" + Op::name() + ": " + status.message());
  }
  static const Args& checked(const Exec& exec, const Descriptor& descriptor, const Args& args) {
    require(can_implement(exec, descriptor, args));
    return args;
  }
  Sweep sweep_for(const Args& args) const {
    require(can_implement(exec_, descriptor_, args));
    require(same_extents(args));
    return Op::template sweep<Exec>(descriptor_, args, preference_.mapping);
  }
  void launch(const Sweep& sweep) const {
    if constexpr (takes_workspace) {
      require_workspace(sweep.workspace_size(), nullptr, 0, sweep.workspace_size() == 0);
      launch_named(sweep, nullptr);
    } else {
      launch_named(sweep);
    }
  }
  template <class Workspace>
  void launch(const Sweep& sweep, const Workspace& workspace) const {
    static_assert(rank_of<Workspace> == 1 && sizeof(typename Workspace::value_type) == 1 && written<Workspace>,
                  "KokkosQuant: the workspace must be a Kokkos::View<std::byte*>");
    static_assert(reaches<Exec, Workspace>, "KokkosQuant: exec cannot reach the memory space of the workspace");
    if constexpr (takes_workspace) {
      auto* data = reinterpret_cast<std::byte*>(workspace.data());
      const bool fits = sweep.workspace_size() == 0 ||
                        (data != nullptr && reinterpret_cast<std::uintptr_t>(data) % workspace_alignment == 0 &&
                         workspace.size() >= sweep.workspace_size() && (workspace.size() < 2 || workspace.stride(0) == 1));
      require_workspace(sweep.workspace_size(), data, workspace.size(), fits);
      launch_named(sweep, data);
    } else {
      launch_named(sweep);
    }
  }
  static constexpr std::uintptr_t workspace_alignment = 16;
  static void require_workspace(std::size_t needed, const void* data, std::size_t given, bool fits) {
    if (fits) return;
    Checks checks(RowOrder::row_major);
    checks.expect(false, "run() was given ", given, " bytes of workspace at address ", data, ": expected run(workspace) with ",
                  needed, " bytes (workspace_size()) without gaps at a multiple of ", workspace_alignment);
    require(checks.status());
  }
  static KernelSku sku_of(const Sweep& sweep) {
    int reads = 1;
    if constexpr (requires { sweep.reads(); }) reads = sweep.reads();
    return {Op::name(),
            type_name<typename Op::template data_type<Args>>(),
            code_type_name(),
            Exec::name(),
            sweep.mapping(),
            sweep.pack_width(),
            reads};
  }
  static constexpr const char* code_type_name() {
    if constexpr (requires { Op::template code_type_name_of<Descriptor>(); })
      return Op::template code_type_name_of<Descriptor>();
    else
      return Op::template code_type_name<Args>();
  }
  template <class... Workspace>
  void launch_named(const Sweep& sweep, const Workspace&... workspace) const {
    try {
      const LaunchErrors<Exec> errors;
      sweep.launch(exec_, label_, workspace...);
      if (const char* const error = errors.found(); error != nullptr) throw std::runtime_error(error);
    } catch (const std::exception& reason) {
      std::throw_with_nested(
          std::runtime_error("KokkosQuant::" + sku_of(sweep).to_string() + ": the launch failed: " + reason.what()));
    }
  }
  Status same_extents(const Args& args) const {
    const auto &given = Op::shape_of(args), &planned = Op::shape_of(args_);
    bool same = true;
    for (int r = 0; r < rank_of<std::remove_cvref_t<decltype(given)>>; ++r) same = same && given.extent(r) == planned.extent(r);
    Checks checks(RowOrder::row_major);
    checks.expect(same, "run(args) was given ", shape(given), " and the plan was made for ", shape(planned),
                  ": expected the plan's extents");
    return checks.status();
  }

  Exec exec_;
  Descriptor descriptor_;
  Args args_;
  PlanPreference preference_;
  Sweep sweep_;
  std::string label_ = "KokkosQuant::" + Op::name();
};

}  // namespace KokkosQuant::Impl
