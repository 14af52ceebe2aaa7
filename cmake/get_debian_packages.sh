#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# get_debian_packages.sh FOLDER PACKAGE...: unpacks this distribution's packages below FOLDER, without root and without
# installing them. apt checks their signatures.
set -eu
folder=$(cd "$1" && pwd)
shift
. "$(dirname "$0")/private_apt.sh"
mkdir "$folder/packages"
cd "$folder/packages"
# The system's own package lists do if there are any; else fetch them into a folder of our own.
if ! apt-get -qq download "$@" > /dev/null 2>&1; then
  private_apt_setup "$folder/apt" deb
  private_apt_get -qq download "$@"
fi
for package in *.deb; do
  dpkg-deb -x "$package" "$folder"
done
rm -rf "$folder/packages" "$folder/apt"
