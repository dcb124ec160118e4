# Sourced by scripts that put packages of the distribution and of npm where they are missing.
# Needs: $root, the project's folder.
# shellcheck shell=bash

: "${root:?}"
readonly me=scripts/${0##*/}

say() {
  echo "$me: $*"
}

# One line: what is wrong, where, what to do.
die() {
  echo "$me: $*" >&2
  exit 1
}

# The distribution's family: debian, rhel, or other.
family() {
  local ids
  ids=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${ID_LIKE:-}")
  case " $ids " in
    *" debian "*) echo debian ;;
    *" rhel "* | *" fedora "*) echo rhel ;;
    *) echo other ;;
  esac
}

need_node() {
  local version advice="install Node.js 20.15 or later (of 22: 22.2) with npm (RHEL 9 has it: dnf module install nodejs:20; Debian 12 has only 18, NodeSource has packages for it)"
  [[ $(type -P node) ]] || die "node is missing: $advice"
  version=$(node --version 2>&1) || die "node does not run ($version): $advice"
  # the queue's checksums are Node's own since then
  node --input-type=module --eval 'import { crc32 } from "node:zlib"' 2>/dev/null ||
    die "$(type -P node) is $version, too old: $advice"
  [[ $(type -P npm) ]] || die "npm is missing: $advice"
}

# Those of the given packages that are not installed, one a line.
missing_packages() {
  local package
  for package; do
    case $(family) in
      debian) dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package" ;;
      rhel) rpm -q "$package" >/dev/null 2>&1 || echo "$package" ;;
    esac
  done
}

apt_install() {
  # No database is wanted of prelude-manager, so none is asked for.
  echo prelude-manager prelude-manager/dbconfig-install boolean false | debconf-set-selections
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# The first try fails where the lists of packages are missing or old, and now and then because of the network.
apt_install_with_retry() {
  apt_install "$@" && return
  apt-get update && apt_install "$@" && return
  sleep 5
  apt-get update && apt_install "$@"
}

# Installs those of the given packages that are missing, without a question.  Says what goes on only if it fails.
install_packages() {
  local -a missing
  local log installer sources reason
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || die "these packages are missing, and installing them takes root: ${missing[*]}"
  case $(family) in
    debian) installer=apt_install_with_retry sources=/etc/apt/sources.list.d ;;
    rhel) installer="dnf install -y" sources=/etc/yum.repos.d ;;
  esac
  say "installing ${missing[*]}"
  log=$(mktemp)
  # shellcheck disable=SC2086 # dnf's words
  if ! $installer "${missing[@]}" </dev/null >"$log" 2>&1; then
    reason=$(grep -E '^(E:|Error)' "$log" || cat "$log")
    rm -f "$log"
    die "could not install ${missing[*]} ($(tail -n 1 <<<"$reason")): check the network and the package sources in $sources"
  fi
  rm -f "$log"
}

# npm's own packages, as in package-lock.json.
install_node_modules() {
  local lock=$root/package-lock.json installed=$root/node_modules/.package-lock.json
  [[ ! -e $installed || $lock -nt $installed ]] || return 0
  say "npm ci in $root"
  local log
  log=$(mktemp)
  if ! (cd "$root" && npm ci --no-progress --no-color </dev/null >"$log" 2>&1); then
    grep -h -m 3 '^npm error' "$log" >&2 || cat "$log" >&2
    rm -f "$log"
    die "npm ci failed in $root (see above): check the network, the rights of $root/node_modules, and free space"
  fi
  rm -f "$log"
}

# The compiled program, where a source is newer than it.
build() {
  local program=$root/build/src/main.js
  [[ -e $program && -z $(find "$root/src" "$root/tsconfig.json" -newer "$program" -print -quit) ]] && return
  say "building"
  (cd "$root" && npm run --silent build) || die "npm run build failed in $root (see above)"
}
