#!/usr/bin/env bash
# tools/setup on machines made of a few fake commands: what it installs, from where, as whom, and that it leaves well alone.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { printf '%s\n' "$*"; printf -- '--- output:\n%s\n--- calls:\n' "$output"; cat "$work/calls"; exit 1; }

mkdir "$work/bin"
# dpkg-query knows what is in the file `installed`: a line a package, as dpkg-query prints it.
cat >"$work/bin/dpkg-query" <<'FAKE'
#!/usr/bin/env bash
shift 2 # -W -f=...
for package; do grep "^$package " "$FAKE/installed" || true; done
FAKE
cat >"$work/bin/apt-get" <<'FAKE'
#!/usr/bin/env bash
printf 'apt-get %s\n' "$*" >>"$FAKE/calls"
case " $* " in
  *" indextargets "*) printf 'Debian-Security http://mirror.test/debian-security\nRaspberry http://other.test/debian/\nDebian http://mirror.test/debian/\n' ;;
  *" install "*)
    while [ "$1" != -y ]; do shift; done
    for package; do case $package in -* | trixie | Dpkg*) ;; *) printf '%s installed 99:99\n' "$package" >>"$FAKE/installed" ;; esac; done ;;
esac
FAKE
cat >"$work/bin/apt-cache" <<'FAKE'
#!/usr/bin/env bash
if [ -f "$FAKE/offers-13" ]; then printf '  Candidate: 1.88.0-1\n'; else printf '  Candidate: (none)\n'; fi
FAKE
printf '#!/usr/bin/env bash\nprintf "sudo %%s\\n" "$*" >>"$FAKE/calls"\nexec "$@"\n' >"$work/bin/sudo"
printf '#!/usr/bin/env bash\ncat "$FAKE/uid"\n' >"$work/bin/id"
chmod +x "$work"/bin/*

machine() { # VERSION UID [offers-13]: a machine with nothing installed
  rm -rf "${work:?}/etc" "$work/offers-13"
  mkdir -p "$work"/etc/apt/{sources.list.d,preferences.d}
  printf 'ID=debian\nVERSION_ID="%s"\nPRETTY_NAME="Debian %s"\n' "$1" "$1" >"$work/etc/os-release"
  printf '%s\n' "$2" >"$work/uid"
  : >"$work/installed"
  : >"$work/calls"
  [ -z "${3:-}" ] || : >"$work/offers-13"
}
everything_installed() { tools/setup --list | sed 's/$/ installed 99:99/' >"$work/installed"; }
setup() { # [ARGUMENT]: fills `output` and `code`
  code=0
  output=$(FAKE=$work PQC_SETUP_ETC=$work/etc PATH="$work/bin:$PATH" tools/setup "$@" 2>&1) || code=$?
}
called() { grep -q -- "$1" "$work/calls"; }
source_file=$work/etc/apt/sources.list.d/pqc-chat-trixie.sources

machine 13 0 offers-13
everything_installed
setup
[ "$code" = 0 ] && [[ $output == *"nothing is missing"* ]] && [ ! -s "$work/calls" ] || fail "a complete machine is left alone"

machine 13 0 offers-13
setup --check
[ "$code" = 1 ] && [[ $output == *"missing:"*cmake* ]] && [ ! -s "$work/calls" ] || fail "--check only says what is missing"

machine 13 0 offers-13
setup
[ "$code" = 0 ] && called ' install .*cmake' && ! called '-t trixie' && ! called sudo && [ ! -e "$source_file" ] || fail "Debian 13 installs from its own sources"
setup
[ "$code" = 0 ] && [[ $output == *"nothing is missing"* ]] || fail "a second run has nothing to do"

machine 12 1000
setup
[ "$code" = 0 ] && called 'sudo env .*apt-get.* install .*-t trixie .*cmake' || fail "Debian 12 takes the packages from 13, with sudo"
grep -qx 'URIs: http://mirror.test/debian' "$source_file" || fail "Debian 13 comes from the machine's own mirror of Debian"
grep -qx 'Pin-Priority: 90' "$work/etc/apt/preferences.d/pqc-chat-trixie" || fail "Debian 13 has a low priority"

# Some packages of 13 make a Debian 12 call itself 13; what is missing later still has to come from 13.
printf 'ID=debian\nVERSION_ID="13"\n' >"$work/etc/os-release"
sed -i '/^valgrind /d' "$work/installed"
: >"$work/calls"
setup
[ "$code" = 0 ] && called ' install .*-t trixie valgrind$' || fail "a mixed machine stays with Debian 13"

machine 13 0 offers-13
everything_installed
sed -i 's/^libssl-dev .*/libssl-dev installed 3.0.17-1/' "$work/installed"
setup --check
[ "$code" = 1 ] && [[ $output == *"missing: libssl-dev"* ]] || fail "an old OpenSSL counts as missing"

machine 12 0
setup interop
[ "$code" = 0 ] && called ' install .*-t trixie .* python3-aiortc$' && called ' install .*force-confold chromium chromium-driver$' ||
  fail "what others' media need is installed on demand, a browser from the machine's own release"

machine 13 0 offers-13
everything_installed
setup interop --check
[ "$code" = 1 ] && [[ $output == *"missing: chromium chromium-driver python3-aiortc"* ]] && [ ! -s "$work/calls" ] || fail "interop --check only says what is missing"

machine 13 0 offers-13
everything_installed
setup peers --check
[ "$code" = 1 ] && [[ $output == *"missing: mumble mumble-server"* ]] && [ ! -s "$work/calls" ] || fail "peers --check only says what is missing"

machine 11 0
setup
[ "$code" = 1 ] && [[ $output == *"needs Debian 12 or newer"* ]] && [ ! -s "$work/calls" ] || fail "Debian 11 is refused before anything is done"

machine 13 0
printf 'ID=fedora\n' >"$work/etc/os-release"
setup
[ "$code" = 1 ] && [[ $output == *"knows Debian"* ]] || fail "another system is refused"

machine 13 0 offers-13
everything_installed
setup --frobnicate
[ "$code" = 1 ] && [ ! -s "$work/calls" ] || fail "an unknown argument is refused"
printf 'set-up does what it says on every fake machine\n'
