# Sourced by scripts/install: what the host has to know of the gateway besides files: users, SELinux, systemd, Apache.
# Does nothing for a DESTDIR.
# Needs: scripts/lib/install.sh, place.sh; $dest, $prefix, $tree, $user (Apache's), $apache (the name of its service),
# $vhost (secef.httpd.conf in its place), $options_file.
# shellcheck shell=bash

: "${dest?}" "${prefix:?}" "${tree:?}" "${user:?}" "${apache:?}"

readonly units=/etc/systemd/system
readonly nologin=/usr/sbin/nologin

# A user and a group prelude, as the packages of the manager make them: the profile belongs to them, and a host with a
# remote manager need not have them.
add_prelude_user() {
  [[ -z $dest ]] || return 0
  if [[ ! $(getent group prelude) ]]; then
    groupadd --system prelude
    say "made the group prelude"
  fi
  if [[ ! $(getent passwd prelude) ]]; then
    useradd --system --gid prelude --no-create-home --home-dir /run/prelude-manager --shell "$nologin" prelude
    say "made the user prelude"
  fi
}

# -- SELinux ------------------------------------------------------------------------------------------------------------

has_selinux() {
  [[ -z $dest && $(type -P selinuxenabled) ]] && selinuxenabled
}

# Builds conf/selinux for this prefix and loads it, where that has not been done yet.
install_module() {
  has_selinux || return 0
  local sum work
  sum=$(cd "$tree" && { echo "$prefix" && cat conf/selinux/*; } | sha256sum | cut -d' ' -f1)
  record module "$sum" secef
  if [[ ${old_modules[secef]:-} != "$sum" ]] || ! semodule -l | grep -qx 'secef\b.*'; then
    case $(family) in
      debian) install_packages make policycoreutils selinux-policy-dev ;;
      rhel) install_packages make policycoreutils selinux-policy-devel ;;
    esac
    work=$(mktemp -d)
    cp "$tree"/conf/selinux/* "$work"
    sed -i "s,^/usr/local/secef,${prefix//./\\.}," "$work/secef.fc"
    make -s -C "$work" secef.pp >"$work/log" 2>&1 && semodule -i "$work/secef.pp" >>"$work/log" 2>&1 ||
      die "could not build or load the SELinux module in $prefix/conf/selinux: $(tail -n 3 "$work/log") ($work/log)"
    rm -rf "$work"
    say "loaded the SELinux module secef"
    relabel_all
  elif has_changed "$prefix"; then
    relabel_all
  fi
}

relabel_all() {
  local path
  for path in "$prefix" /var/lib/secef /run/httpd/secef; do
    [[ ! -e $path ]] || restorecon -R "$path"
  done
}

remove_module() {
  has_selinux && [[ -n ${old_modules[secef]:-} ]] || return 0
  ! semodule -l | grep -qx 'secef\b.*' || semodule -r secef
  say "removed the SELinux module secef"
}

# -- systemd and Apache -------------------------------------------------------------------------------------------------

has_systemd() {
  [[ -z $dest && -d /run/systemd/system ]]
}

is_active() {
  systemctl is-active --quiet "$1"
}

# What systemd-tmpfiles makes at every start of the host.
make_socket_folder() {
  [[ -z $dest && ! -d /run/httpd/secef ]] || return 0
  if [[ ! -d /run/httpd ]]; then
    install -d -m 755 /run/httpd
    record dir - /run/httpd
  fi
  install -d -o "$user" -g "$user" -m 750 /run/httpd/secef
  record dir - /run/httpd/secef
  relabel /run/httpd/secef
  say "made /run/httpd/secef"
}

# Enables the units when they are installed for the first time, and afterwards leaves that to the operator.
enable_units() {
  has_systemd || return 0
  ! has_changed "$units/*" || systemctl daemon-reload
  [[ -z ${old_files[$units/secef.service]:-} ]] || return 0
  systemctl enable --quiet secef.socket secef.service
  say "enabled secef.socket and secef.service"
}

# What runs and has changed is started again.  Through the socket that stays, requests wait meanwhile.
restart_what_runs() {
  has_systemd || return 0
  if is_active secef.service; then
    if has_changed "$units/secef.socket*"; then
      systemctl stop secef.service
      systemctl restart secef.socket
      restart secef.service start
    elif has_changed "$units/secef.service*" || has_changed "$prefix"; then
      restart secef.service restart
    fi
  fi
  if has_changed "$vhost" && [[ -n ${old_files[$vhost]:-} ]]; then
    reload_apache
  fi
}

restart() {
  systemctl "$2" "$1" || die "$1 does not start: journalctl -u $1 -n 20 tells why"
  say "restarted $1"
}

reload_apache() {
  is_active "$apache" || return 0
  local reason
  if reason=$(apachectl configtest 2>&1); then
    systemctl reload "$apache"
    say "reloaded $apache"
  else
    say "did not reload $apache, since apachectl configtest says: $reason"
  fi
}

stop_units() {
  has_systemd || return 0
  systemctl disable --quiet --now secef.socket secef.service
  say "stopped and disabled secef.socket and secef.service"
}

forget_units() {
  has_systemd || return 0
  systemctl daemon-reload
  ! has_changed "$vhost" || reload_apache
}

# -- What is left to do -------------------------------------------------------------------------------------------------

tell_what_remains() {
  [[ -z $dest ]] || return 0
  local -a steps=()
  [[ -d /etc/prelude/profile/secef ]] || steps+=(
    "prelude-admin register secef \"idmef:w\" MANAGER --uid prelude --gid prelude"
  )
  if has_systemd; then
    is_active secef.service || steps+=(
      "runuser -u $user -g $user -G prelude -- $prefix/bin/secef --check"
      "systemctl start secef.socket secef.service"
    )
    if [[ -z ${old_files[$vhost]:-} ]]; then
      steps+=("apachectl configtest && systemctl enable $apache && systemctl reload-or-restart $apache")
    fi
  elif [[ -z ${old_files[$units/secef.service]:-} ]]; then
    steps+=("systemctl enable --now secef.socket secef.service   # once systemd runs; it does not here")
  fi
  if [[ $(type -P firewall-cmd) ]] && firewall-cmd --quiet --state 2>/dev/null; then
    firewall-cmd --quiet --permanent --query-service=secef 2>/dev/null || steps+=(
      "firewall-cmd --reload && firewall-cmd --permanent --add-service=secef && firewall-cmd --reload"
    )
  fi
  ((${#steps[@]})) || return 0
  say "what remains to be done (see README.md, Installing):"
  printf '  %s\n' "${steps[@]}"
}

# After taking away.
tell_what_stays() {
  local options=''
  [[ ! -e $options_file ]] || options="$options_file, "
  say "what stays: ${options}the queue in /var/lib/secef, the Prelude profile (prelude-admin del secef), the user prelude, and packages"
}
