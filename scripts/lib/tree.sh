# Sourced by scripts/install: makes the folder of the program, exchanges it for another version, and takes it away.
# Needs: scripts/lib/install.sh; $root, the sources; $prefix, the folder's name; $tree, the same with DESTDIR in front;
# $node.
# shellcheck shell=bash

: "${root:?}" "${prefix:?}" "${tree:?}"

# What is in TREE/installed, besides "files" (place.sh): the checksums of the whole tree, and one of what it was made of.
readonly list=installed/tree source_list=installed/source

# The files that go into the tree as they are.
readonly plain=(LICENSE README.md CHANGELOG.md package.json package-lock.json secef.httpd.conf secef.tmpfiles.conf
  conf docs scripts/install scripts/lib)

# One checksum of all that the tree is made of.
fingerprint() {
  (
    cd "$root"
    echo "$prefix $node"
    find src tsconfig.json scripts/secef "${plain[@]}" -type f -print0 | sort -z | xargs -0 sha256sum
  ) | sha256sum | cut -d' ' -f1
}

# Files of a tree as its list of checksums has them.
tree_files() {
  (cd "$1" && find . -path ./installed -prune -o \( -type f -o -type l \) -print | LC_ALL=C sort)
}

# Files of a tree that are not as they came: changed, added; with "missing" also those that are gone.
differences() {
  local folder=$1 also=${2:-}
  (
    cd "$folder"
    LC_ALL=C sha256sum --check --quiet "$list" 2>/dev/null | grep -v ': FAILED open or read$' | sed 's/: FAILED$//' || true
    LC_ALL=C comm "-13" <(sed 's/^[0-9a-f]*  //' "$list" | LC_ALL=C sort) <(tree_files .)
    [[ -z $also ]] || LC_ALL=C comm "-23" <(sed 's/^[0-9a-f]*  //' "$list" | LC_ALL=C sort) <(tree_files .)
  )
}

is_up_to_date() {
  [[ -e $tree/$source_list && $(<"$tree/$source_list") == "$(fingerprint)" && -z $(differences "$tree" missing) ]]
}

# Refuses to touch a folder that is not ours, and finishes what an interrupted run has left.
check_tree() {
  rm -rf "$tree.new"
  [[ -e $tree || ! -e $tree.old/$list ]] || mv -T "$tree.old" "$tree"
  [[ ! -e $tree.old/$list ]] || put_away_old
  [[ ! -e $tree || -e $tree/$list || -z $(ls -A "$tree" 2>&1) ]] ||
    die "$tree is there, but scripts/install has not made it: move it away (mv $tree $tree.before) or take another --prefix"
}

# Only what has a source: there may be older files in build/.
copy_program() {
  local source target
  while IFS= read -r source; do
    target=build/${source%.ts}.js
    install -D -m 644 "$root/$target" "$1/$target"
  done < <(cd "$root" && find src -name '*.ts' ! -name '*.d.ts')
}

copy_plain() {
  local path mode
  while IFS= read -r path; do
    mode=644
    [[ ! -x $root/$path ]] || mode=755
    install -D -m "$mode" "$root/$path" "$1/$path"
  done < <(cd "$root" && find "${plain[@]}" -type f)
}

install_production_modules() {
  local log=$1/npm.log
  if ! (cd "$1" && npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --prefer-offline \
    --no-progress --no-color --no-update-notifier </dev/null >"$log" 2>&1); then
    grep -h -m 3 '^npm error' "$log" >&2 || cat "$log" >&2
    rm -rf "$1"
    die "npm ci failed in $1 (see above): check the network, npm's registry (npm config get registry), and free space"
  fi
  rm "$log"
}

# Makes the tree anew beside the old one and exchanges the two, which takes no more than two renamings.
make_tree() {
  local new=$tree.new
  install_node_modules
  build
  say "making $tree"
  mkdir -m 755 "$new"
  copy_plain "$new"
  copy_program "$new"
  install -D -m 755 <(sed "s,exec node ,exec $node ," "$root/scripts/secef") "$new/bin/secef"
  install_production_modules "$new"
  mkdir "$new/installed"
  (cd "$new" && tree_files . | xargs -d '\n' sha256sum >"$list")
  fingerprint >"$new/$source_list"
  [[ ! -e $manifest ]] || cp -p "$manifest" "$new/installed/files"
  chmod -R go=u-w "$new"
  [[ ! -e $tree ]] || mv -T "$tree" "$tree.old"
  mv -T "$new" "$tree"
  [[ ! -e $tree.old ]] || put_away_old
  changed+=("$prefix")
}

# The tree that has been exchanged; kept if anything in it was changed or added.
put_away_old() {
  local edited
  edited=$(differences "$tree.old")
  if [[ -z $edited ]]; then
    rm -rf "$tree.old"
    return
  fi
  mv -T --backup=numbered "$tree.old" "$tree.edited"
  say "kept the former $tree as $tree.edited, since these files in it had been changed or added:"
  head -n 20 <<<"$edited"
}

# All that came with it and has not been changed.
remove_tree() {
  local edited
  edited=$(differences "$tree")
  (
    cd "$tree"
    sed 's/^[0-9a-f]*  //' "$list" | LC_ALL=C sort | LC_ALL=C comm -23 - <(LC_ALL=C sort <<<"$edited") |
      xargs -d '\n' rm -f --
    rm -rf installed
    find . -mindepth 1 -depth -type d -empty -delete
  )
  rmdir --ignore-fail-on-non-empty "$tree"
  if [[ -d $tree ]]; then
    say "kept in $tree what had been changed or added:"
    head -n 20 <<<"$edited"
  else
    say "removed $tree"
  fi
}
