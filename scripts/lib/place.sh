# Sourced by scripts/install: puts files into the host's folders and takes them away, without losing what somebody has
# changed in them.
# Needs: scripts/lib/install.sh; $dest, what stands in front of every path (DESTDIR, or nothing); $tree, the folder of
# the program with $dest in front.
# shellcheck shell=bash

: "${dest?}" "${tree:?}"

# What was put there is in TREE/installed/files, a line each, with tabs between: file SHA256 PATH (as it came with
# secef, whatever it is now), link TARGET PATH, dir - PATH (made because it was not there), module SHA256 NAME.
readonly manifest=$tree/installed/files
declare -A old_files=() old_links=() old_modules=() recorded=()
old_dirs=()
entries=()
# Paths that this run has made or altered.
changed=()

sum_of() {
  sha256sum <"$1" | cut -d' ' -f1
}

is_there() {
  [[ -e $1 || -L $1 ]]
}

read_manifest() {
  local kind value path
  [[ -e $manifest ]] || return 0
  while IFS=$'\t' read -r kind value path; do
    case $kind in
      file) old_files[$path]=$value ;;
      link) old_links[$path]=$value ;;
      module) old_modules[$path]=$value ;;
      dir) old_dirs+=("$path") && record dir - "$path" ;;
    esac
  done <"$manifest"
}

# In an order of its own, so that it stays the same.
write_manifest() {
  local text
  text=$(printf '%s\n' "${entries[@]}" | LC_ALL=C sort)
  [[ ! -e $manifest || $(<"$manifest") != "$text" ]] || return 0
  echo "$text" >"$manifest.new"
  mv "$manifest.new" "$manifest"
}

# record KIND VALUE PATH
record() {
  [[ -z ${recorded[$1 $3]:-} ]] || return 0
  recorded[$1 $3]=yes
  entries+=("$1"$'\t'"$2"$'\t'"$3")
}

has_changed() {
  local path
  for path in "${changed[@]}"; do
    # shellcheck disable=SC2053 # a pattern
    [[ $path != $1 ]] || return 0
  done
  return 1
}

# Makes a folder and those above it where they are missing.
make_dir() {
  [[ ! -d $dest$1 ]] || return 0
  [[ $1 != /*/* ]] || make_dir "${1%/*}"
  mkdir -m 755 "$dest$1"
  record dir - "$1"
}

# A file that is being read is never there in part.
write_file() {
  local content=$1 path=$2
  make_dir "${path%/*}"
  install -m 644 "$content" "$dest$path.tmp"
  mv -T "$dest$path.tmp" "$dest$path"
  relabel "$path"
  changed+=("$path")
}

# Cannot be sure of the type that SELinux wants otherwise.
relabel() {
  [[ -n $dest || ! $(type -P restorecon) ]] || restorecon "$1" 2>/dev/null || true
}

# place KIND CONTENT PATH: puts the file CONTENT at PATH.  A file there that is neither as it came nor the same is kept,
# and CONTENT goes beside it as PATH.new, once; but not if KIND is "options", which are the operator's.
place() {
  local kind=$1 content=$2 path=$3 sum now='' before=${old_files[$3]:-}
  sum=$(sum_of "$content")
  own_link "$path"
  ! is_there "$dest$path" || now=$(sum_of "$dest$path" 2>/dev/null || echo unreadable)
  case $now in
    "")
      write_file "$content" "$path"
      say "made $path"
      ;;
    "$sum") ;;
    "$before")
      write_file "$content" "$path"
      say "updated $path, which was as it came"
      ;;
    *)
      [[ $kind == options ]] || place_beside "$content" "$path" "$sum"
      # One that was never ours is not ours now.
      [[ -n $before ]] || return 0
      ;;
  esac
  record file "$sum" "$path"
}

# For a file that has been edited; nothing if this version has been offered already.
place_beside() {
  local content=$1 path=$2 sum=$3 offered=${old_files[$2.new]:-}
  if [[ $sum != "${old_files[$path]:-}" && $sum != "$offered" ]]; then
    write_file "$content" "$path.new"
    offered=$sum
    say "kept $path, which has been edited; what is new in $path.new has to be put into it by hand"
  fi
  [[ -z $offered ]] || record file "$offered" "$path.new"
}

# Older instructions had links to files of the tree made, which is about to be exchanged: makes such a link a file.
own_link() {
  local path=$1
  [[ -L $dest$path && -e $dest$path && $(readlink -f "$dest$path") == "$(readlink -f "$tree")"/* ]] || return 0
  cp --remove-destination "$(readlink -f "$dest$path")" "$dest$path"
  changed+=("$path")
  say "made $path a file of its own; it was a link into $tree"
}

# place_link TARGET PATH.  One that has been removed on purpose, as a2disconf does, is not made again.
place_link() {
  local target=$1 path=$2
  if [[ -L $dest$path && $(readlink "$dest$path") == "$target" ]]; then
    :
  elif is_there "$dest$path"; then
    say "kept $path, which is not a link to $target"
    return
  elif [[ ${old_links[$path]:-} == "$target" ]]; then
    say "did not make $path again, since somebody has removed it: ln -s $target $path"
  else
    make_dir "${path%/*}"
    ln -s "$target" "$dest$path"
    changed+=("$path")
    say "made $path, a link to $target"
  fi
  record link "$target" "$path"
}

# -- Taking away --------------------------------------------------------------------------------------------------------

# What an earlier version has put somewhere and this one does not.
remove_outdated() {
  local path
  for path in "${!old_files[@]}"; do
    [[ -n ${recorded[file $path]:-} ]] || remove_file "$path"
  done
  for path in "${!old_links[@]}"; do
    [[ -n ${recorded[link $path]:-} ]] || remove_link "$path"
  done
}

# Edited files get another name, under which nothing reads them; the options stay, for the next installation.
remove_file() {
  local path=$1
  is_there "$dest$path" || return 0
  changed+=("$path")
  if [[ ! -L $dest$path && $(sum_of "$dest$path") == "${old_files[$path]}" ]]; then
    rm "$dest$path"
    say "removed $path"
  elif [[ $path == "$options_file" ]]; then
    say "kept $path, which has been edited"
  else
    mv -T --backup=numbered "$dest$path" "$dest$path.saved"
    say "kept $path, which has been edited, as $path.saved"
  fi
}

remove_link() {
  local path=$1
  [[ -L $dest$path && $(readlink "$dest$path") == "${old_links[$path]}" ]] || return 0
  rm "$dest$path"
  changed+=("$path")
  say "removed $path"
}

# Those that are empty, the deepest first.
remove_dirs() {
  local i
  for ((i = ${#old_dirs[@]} - 1; i >= 0; i--)); do
    rmdir --ignore-fail-on-non-empty "$dest${old_dirs[i]}" 2>/dev/null || true
  done
}
