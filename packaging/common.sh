#!/usr/bin/env bash
# What install-server, install-client and install-echo share. Sourced with the checkout as working folder.

prefix=/usr/local

say() { printf 'install: %s\n' "$*"; }
fail() { printf 'install: %s\n' "$*" >&2; exit 1; }
usage() { sed -n '2,/^set /s/^# \{0,1\}//p' "$0" >&2; exit 2; }

need_root() {
  [ "$(id -u)" = 0 ] || fail "needs root: sudo $0"
  case "$(dpkg --print-architecture 2>/dev/null)" in
    arm64 | amd64) ;;
    *) fail "needs Debian or Raspberry Pi OS on arm64 or amd64" ;;
  esac
}

become() { # USER: fills the array `as`, which before a command runs it as that user
  as=(setpriv --reuid "$1" --regid "$(id -g "$1")" --clear-groups --reset-env --)
}

as_user() { # USER COMMAND...
  become "$1"
  "${as[@]}" "${@:2}"
}

# Compiling needs no root: it runs as the checkout's owner, so that no file of root is left there.
as_owner() {
  local owner
  owner=$(stat -c %U .)
  if [ "$owner" = root ] || [ "$owner" = UNKNOWN ]; then "$@"; else as_user "$owner" "$@"; fi
}

build_and_install() {
  tools/setup
  as_owner tools/build release
  say "programs, manuals, completions and units under $prefix"
  cmake --install build/release --prefix "$prefix" --strip >/dev/null
}

make_system_account() { # NAME
  if id -u "$1" >/dev/null 2>&1; then return; fi
  say "account $1"
  useradd --system --user-group --home-dir "/var/lib/$1" --no-create-home --shell /usr/sbin/nologin "$1"
}

install_template() { # NAME: to /etc/pqc-chat, never over what is there
  install -d -m 0755 /etc/pqc-chat
  if [ -e "/etc/pqc-chat/$1" ]; then
    say "/etc/pqc-chat/$1 stays as it is; the template is $prefix/share/pqc-chat/$1"
  else
    install -m 0644 "$prefix/share/pqc-chat/$1" "/etc/pqc-chat/$1"
  fi
}

systemd_runs() { [ -d /run/systemd/system ]; }
