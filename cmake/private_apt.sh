# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Sourced by get_*.sh: apt with lists and cache of its own in a folder, so that it needs neither root nor an earlier
# `apt-get update`, and leaves the system's as they are. The mirrors are those the machine is set up with.

# private_apt_setup FOLDER deb|deb-src: afterwards `private_apt_get` and `private_apt_cache` use that folder.
private_apt_setup() {
  private_apt=$1
  mkdir -p "$private_apt/sources.d" "$private_apt/lists/partial" "$private_apt/cache/archives/partial"
  eval "$(apt-config shell parts Dir::Etc::sourceparts/d list Dir::Etc::sourcelist/f)"
  for file in "$parts"*.sources; do
    [ -e "$file" ] || continue
    sed "s/^Types:.*/Types: $2/" "$file" > "$private_apt/sources.d/${file##*/}"
  done
  for file in "$list" "$parts"*.list; do
    [ -e "$file" ] || continue
    sed -n "s/^deb\(-src\)\{0,1\}[[:space:]]/$2 /p" "$file" | sort -u > "$private_apt/sources.d/${file##*/}"
  done
  private_apt_get -qq update
}

private_apt_get() { private_apt_run apt-get "$@"; }
private_apt_cache() { private_apt_run apt-cache "$@"; }
private_apt_run() {
  program=$1
  shift
  [ "$(id -u)" != 0 ] || set -- -o APT::Sandbox::User=root "$@"
  "$program" -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$private_apt/sources.d" \
    -o Dir::State::lists="$private_apt/lists" -o Dir::Cache="$private_apt/cache" -o Acquire::Languages=none \
    -o Acquire::Retries=2 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 "$@"
}
