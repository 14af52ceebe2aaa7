#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# test_on_debian_unstable.sh [FOLDER]: builds and runs the tests that matter there on the newest there is: Debian unstable's Kokkos (5.x,
# OpenMP), compiler and CMake, in a chroot in FOLDER (about 800 MB, used again if it is there) or in a temporary folder.
# Needs root, and debootstrap or a Debian machine that can install it. Fetching takes about two minutes.
# Exit codes: 0 passed; 77 could not be set up (no root, no download: nothing was tested); anything else: tests failed.
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)

say() { echo "test_on_debian_unstable: $*"; }
cannot() {
  say "not tested: $*"
  exit 77
}

[ "$(id -u)" = 0 ] || cannot "this needs root, for chroot and mount"

temporary=
if [ $# -gt 0 ]; then
  mkdir -p "$1"
  folder=$(cd "$1" && pwd)
else
  folder=$(mktemp -d)
  temporary=yes
fi

clean_up() {
  for mounted in "$folder/mnt" "$folder/proc"; do
    if mountpoint -q "$mounted"; then umount "$mounted" || umount -l "$mounted"; fi
  done
  if [ -n "$temporary" ]; then rm -rf --one-file-system "$folder"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# debootstrap has a folder of its own in there until it is finished.
if [ ! -x "$folder/usr/bin/cmake" ] || [ -d "$folder/debootstrap" ]; then
  if ! command -v debootstrap > /dev/null; then
    say "installing debootstrap"
    { apt-get -qq install -y debootstrap || { apt-get -qq update && apt-get -qq install -y debootstrap; }; } \
      > /dev/null 2>&1 || cannot "debootstrap is not here and could not be installed"
  fi
  # The mirror that this machine is set up with.
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 2> /dev/null | head -n 1)
  [ -n "$mirror" ] || cannot "apt on this machine knows no Debian mirror (is it Debian? was apt-get update run?)"
  say "fetching Debian unstable into $folder"
  log=$(mktemp)
  if ! timeout 900 debootstrap --variant=minbase \
    --include=g++,cmake,ninja-build,libkokkos-dev,libgtest-dev,libbenchmark-dev sid "$folder" "$mirror" > "$log" 2>&1; then
    tail -n 5 "$log"
    rm -f "$log"
    cannot "Debian unstable could not be fetched or unpacked"
  fi
  rm -f "$log"
fi

mountpoint -q "$folder/proc" || mount -t proc proc "$folder/proc" || cannot "no right to mount /proc"
mount --bind "$source" "$folder/mnt" || cannot "no right to mount"
mount -o remount,bind,ro "$folder/mnt"

inside() { chroot "$folder" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"; }

# Kokkos' CMake package names two libraries without code, which the Debian package does not ship.
inside sh -eu -c '
  libraries=$(dirname "$(find /usr/lib -name "libkokkoscore.*" | head -n 1)")
  for name in kokkosalgorithms kokkossimd; do
    [ -e "$libraries/lib$name.a" ] || [ -e "$libraries/lib$name.so" ] || ar qc "$libraries/lib$name.a"
  done' || cannot "Debian unstable's libkokkos-dev is not what it was"
say "$(inside g++ --version | head -n 1); $(inside cmake --version | head -n 1);" \
  "Kokkos $(inside dpkg-query -W -f '${Version}' libkokkos-dev)"

# New compilers bring new warnings: they are shown, but are no errors here. The tests of every op's bits, and those that lean on Kokkos.
inside rm -rf /root/kokkos-quant
inside nice cmake -S /mnt -B /root/kokkos-quant -G Ninja -DCMAKE_BUILD_TYPE=Release -DKokkosQuant_ENABLE_EXAMPLES=OFF \
  "-DKokkosQuant_TESTS=Plans|Ranks|Instances|Types|Configuration|Failures|Stress|Dynamic_float|Granularity_bfloat16|Backward_float|PackRowsG"
inside nice cmake --build /root/kokkos-quant
inside nice ctest --test-dir /root/kokkos-quant --output-on-failure --no-tests=error -j 2
say "passed"
