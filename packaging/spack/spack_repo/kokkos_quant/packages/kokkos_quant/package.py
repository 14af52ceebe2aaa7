# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import pathlib

from spack_repo.builtin.build_systems.cmake import CMakePackage
from spack_repo.builtin.build_systems.cuda import CudaPackage

from spack.package import *


class KokkosQuant(CMakePackage, CudaPackage):
    """Quantization plans, forward and backward, for Kokkos codes: a header-only C++20 library with exactly specified
    results on Serial, OpenMP and CUDA."""

    # No address is published yet: what is built is the clone that this recipe is a part of. Where there is an address, it goes
    # here, as homepage too.
    git = str(pathlib.Path(__file__).resolve().parents[6])

    license("Apache-2.0 WITH LLVM-exception")

    version("main", branch="main")

    variant("openmp", default=False, description="Use a Kokkos with OpenMP")
    variant("mpi", default=False, description="Bring MPI along, for codes of several processes; the library itself calls none")
    variant("tests", default=False, description="Build the unit tests and the examples; install --test=root runs them")

    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("mpi", when="+mpi")
    depends_on("googletest@1.12:", when="+tests", type="build")

    # Header-only: whoever includes it compiles for the devices of the Kokkos that it is given.
    depends_on("kokkos@3.7:5")
    depends_on("kokkos+openmp", when="+openmp")
    for arch in CudaPackage.cuda_arch_values:
        depends_on(f"kokkos+cuda cuda_arch={arch}", when=f"+cuda cuda_arch={arch}")
    # nvcc is what is tested: without the wrapper Spack would choose clang for device code.
    depends_on("kokkos@4:+wrapper cxxstd=20", when="+cuda")
    conflicts("cuda_arch=none", when="+cuda", msg="a CUDA build of Kokkos needs its architecture, cuda_arch=80 say")
    conflicts(
        "^cuda@13.0 ^kokkos@4.7:",
        when="+cuda",
        msg="nvcc 13.0 mislays the members of these Kokkos' Views in device code: kernels do nothing, without an error",
    )

    # C++20 with aggregates' deduction guides, concepts and host vector extensions.
    conflicts("%gcc@:11")
    conflicts("%llvm@:13")

    def cmake_args(self):
        args = [
            self.define("Kokkos_ROOT", self["kokkos"].prefix),
            # Everything is a dependency above: nothing is downloaded.
            self.define("FETCHCONTENT_FULLY_DISCONNECTED", True),
            self.define_from_variant("KokkosQuant_ENABLE_TESTS", "tests"),
            self.define_from_variant("KokkosQuant_ENABLE_EXAMPLES", "tests"),
            self.define("KokkosQuant_ENABLE_MPI", self.spec.satisfies("+tests+mpi")),
            self.define("KokkosQuant_ENABLE_BENCHMARKS", False),
            self.define("KokkosQuant_ENABLE_DOCS", False),
            self.define("KokkosQuant_ENABLE_KERNELS", False),
            # Spack's compiler wrappers name the architecture.
            self.define("KokkosQuant_ENABLE_NATIVE", False),
        ]
        if self.spec.satisfies("+cuda"):
            args.append(self.define("CMAKE_CXX_COMPILER", self["kokkos"].kokkos_cxx))
        return args
