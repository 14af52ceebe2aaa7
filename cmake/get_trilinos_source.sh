#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# get_trilinos_source.sh FOLDER: Kokkos and Kokkos Kernels 3.4.01 into FOLDER/kokkos and FOLDER/kokkos-kernels, out of
# Debian's source package trilinos 13.2.0 (Debian 12 and 13): for machines that reach a Debian mirror and nothing else.
# Needs apt-get, tar and sha256sum; no root, no dpkg-dev. About 10 s and 27 MB.
set -eu
folder=$(cd "$1" && pwd)
archive=trilinos_13.2.0.orig.tar.gz
sha256=0ddb47784ba7b8a6b9a07a4822b33be508feb4ccd54301b2a5d10c9e54524b90

. "$(dirname "$0")/private_apt.sh"
private_apt_setup "$folder/apt" deb-src

# Which Debian revision it is does not matter: the upstream archive is the same, and its hash is checked.
versions=$(private_apt_cache showsrc --only-source trilinos | sed -n 's/^Version: //p')
version=$(printf '%s\n' "$versions" | grep '^13\.2\.0-' | head -n 1) || {
  echo "this distribution's source package trilinos is '$versions', expected 13.2.0" >&2
  exit 1
}
(cd "$folder" && private_apt_get -qq source --download-only --tar-only --only-source "trilinos=$version")
got=$(sha256sum "$folder/$archive" | cut -d ' ' -f 1)
[ "$got" = "$sha256" ] || {
  echo "SHA-256 of $archive is $got, expected $sha256" >&2
  exit 1
}
top=Trilinos-trilinos-release-13-2-0/packages
tar -xzf "$folder/$archive" -C "$folder" --strip-components=2 "$top/kokkos" "$top/kokkos-kernels"
rm -rf "$folder/apt" "$folder/$archive"
