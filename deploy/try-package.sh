#!/bin/bash
# Tries the package in a clean Debian: installs, configures, captures, upgrades, removes and purges it, and looks after
# each step at what is there and what is not. Needs root, mmdebstrap, the network and ten minutes; leaves nothing behind.
#   ./build package -DskipTests && sudo deploy/try-package.sh [SUITE]
# shellcheck disable=SC2016  # what others are to expand
set -eu -o pipefail

suite=${1:-bookworm}
if [ -z "${ROWBACK_TRY_ROOT-}" ]; then
    command -v mmdebstrap > /dev/null || { echo "error: there is no mmdebstrap" >&2; exit 1; }
    ROWBACK_TRY_ROOT=$(mktemp -d)
    export ROWBACK_TRY_ROOT
    trap 'rm -rf --one-file-system "$ROWBACK_TRY_ROOT"' EXIT
    # What is mounted and started below goes with this process.
    unshare --mount --pid --fork --kill-child "$0" "$suite"
    exit
fi

here=$(dirname -- "$(readlink -f -- "$0")")
deb=$(ls "$here"/target/rowback_*_all.deb)
root=$ROWBACK_TRY_ROOT/root
url=postgresql://rowback@127.0.0.1:55432/app

inside() { chroot "$root" /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
rowback() { inside runuser -u rowback -- "$@"; }
sql() { inside runuser -u postgres -- psql -p 55432 -d app -qAt -v ON_ERROR_STOP=1 "$@"; }
step() { printf '\n== %s\n' "$*"; }
ok() { echo "ok    $*"; }
fail() { echo "FAIL  $*"; exit 1; }
holds() {
    local what=$1
    shift
    if "$@" > "$ROWBACK_TRY_ROOT/output" 2>&1; then ok "$what"; else cat "$ROWBACK_TRY_ROOT/output"; fail "$what: $*"; fi
}
exits() {
    local what=$1 expected=$2 status=0
    shift 2
    "$@" > "$ROWBACK_TRY_ROOT/output" 2>&1 || status=$?
    if [ "$status" = "$expected" ]; then ok "$what"; else cat "$ROWBACK_TRY_ROOT/output"; fail "$what: exit status $status: $*"; fi
}
has() {
    local what=$1 text=$2
    # Read to the end, so that whoever is heard does not break off.
    if grep -F -- "$text" > /dev/null; then ok "$what"; else fail "$what: no '$text'"; fi
}
in_time() {
    local what=$1
    shift
    # A machine that has much else to do takes its time.
    for _ in $(seq 600); do
        if "$@" > /dev/null 2>&1; then ok "$what"; return; fi
        kill -0 "$daemon" || break
        sleep 0.5
    done
    cat "$ROWBACK_TRY_ROOT"/*.log
    fail "$what: $*"
}
slots() { sql -c 'select count(*) from pg_replication_slots'; }
captured() { rowback rowback history t 1 | grep -qF "'new'"; }
mode() { [ "$(inside stat -c '%a %U %G' "$1")" = "$2" ]; }

step "a clean $suite"
mmdebstrap --quiet --mode=root --variant=minbase --include=man-db,bash,zsh,bash-completion "$suite" "$root"
# Documentation is what minimal images leave out.
rm -f "$root"/etc/dpkg/dpkg.cfg.d/*
cp /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
cp "$deb" "$root/root/rowback.deb"
inside apt-get -qq update

step "install"
inside apt-get -qq install -y --no-install-recommends /root/rowback.deb > "$ROWBACK_TRY_ROOT/install.log" 2>&1 || { cat "$ROWBACK_TRY_ROOT/install.log"; exit 1; }
has "says what comes next" "sudo -u rowback rowbackd check" < "$ROWBACK_TRY_ROOT/install.log"
inside rowback --version | has "rowback runs" "rowback 0"
inside rowbackd --version | has "rowbackd runs" "rowbackd 0"
holds "the account cannot log in" grep -q '^rowback:.*:/usr/sbin/nologin$' "$root/etc/passwd"
holds "history is for the account alone" mode /var/lib/rowback "700 rowback rowback"
holds "configuration is root's" mode /etc/rowback/rowback.toml "644 root root"
holds "the service comes up at boot" test -L "$root/etc/systemd/system/multi-user.target.wants/rowbackd.service"
for page in "1 rowback" "1 rowback-restore" "8 rowbackd" "8 rowbackd-run" "5 rowback.toml"; do
    # shellcheck disable=SC2086  # section and name
    holds "man $page" inside man $page
done
inside bash -c 'cd / && . /usr/share/bash-completion/bash_completion && _completion_loader rowback; COMP_WORDS=(rowback rest); COMP_CWORD=1; COMP_LINE="rowback rest"; _complete_rowback 2> /dev/null; echo "${COMPREPLY[@]}"' | has "bash completes" "restore"
inside zsh -c 'autoload -Uz compinit && compinit -u && echo ${_comps[rowbackd]}' | has "zsh completes" "_rowbackd"
exits "check has nothing to check" 2 rowback rowbackd check
has "no database is configured yet" "no database is configured" < "$ROWBACK_TRY_ROOT/output"

step "configure and capture"
inside apt-get -qq install -y --no-install-recommends postgresql > /dev/null 2>&1
version=$(ls "$root/etc/postgresql")
inside pg_conftool "$version" main set port 55432
inside pg_conftool "$version" main set wal_level logical
inside pg_ctlcluster "$version" main restart
inside runuser -u postgres -- createdb -p 55432 app
sql -c "create table t (id int primary key, name text); insert into t values (1, 'old')"
printf '[databases.app]\nurl = "%s"\n' "$url" >> "$root/etc/rowback/rowback.toml"
set_up() { rowback rowbackd setup-sql > "$root/tmp/setup.sql" && sql -f /tmp/setup.sql; }
set_up
sql -c "alter role rowback password 'secret of the trial'"
echo '127.0.0.1:55432:app:rowback:secret of the trial' | rowback sh -c 'umask 077; cat > /var/lib/rowback/.pgpass'
# The role of the first time finds the tables for the second.
rowback rowbackd check > /dev/null || set_up
holds "check finds everything ready" rowback rowbackd check
rowback env ROWBACK_HTTP_LISTEN= rowbackd run > "$ROWBACK_TRY_ROOT/run.log" 2>&1 &
daemon=$!
in_time "the daemon captures" grep -q "capturing app from" "$ROWBACK_TRY_ROOT/run.log"
sql -c "update t set name = 'new'"
in_time "the operator's account sees a change" captured

step "upgrade"
dpkg-deb -R "$deb" "$ROWBACK_TRY_ROOT/next"
sed -i 's/^Version: .*/&+next/' "$ROWBACK_TRY_ROOT/next/DEBIAN/control"
echo '# A key of the next version.' >> "$ROWBACK_TRY_ROOT/next/etc/rowback/rowback.toml"
dpkg-deb -b "$ROWBACK_TRY_ROOT/next" "$root/root/next.deb" > /dev/null
# As who is asked and presses Enter.
inside dpkg --force-confdef -i /root/next.deb > /dev/null
inside dpkg-query -W rowback | has "the new version is there" "+next"
holds "configuration is as it was written" grep -q "$url" "$root/etc/rowback/rowback.toml"
holds "the new one lies beside it" test -e "$root/etc/rowback/rowback.toml.dpkg-dist"
holds "history is there" captured
# All that the account runs in here but for whoever says so.
rowback bash -c 'kill -TERM -1'
exits "the daemon ends well" 0 wait "$daemon"

step "remove"
inside dpkg -r rowback > "$ROWBACK_TRY_ROOT/remove.log" 2>&1
has "names what gives a database up" "sudo -u rowback rowbackd teardown --yes" < "$ROWBACK_TRY_ROOT/remove.log"
has "reminds of the slot" "pg_drop_replication_slot" < "$ROWBACK_TRY_ROOT/remove.log"
holds "programs are gone" test ! -e "$root/usr/bin/rowback"
holds "configuration stays" test -e "$root/etc/rowback/rowback.toml"
holds "history stays" test -d "$root/var/lib/rowback/app"
[ "$(slots)" = 1 ] || fail "the daemon has left a slot"
sql -c "$(grep -F pg_drop_replication_slot "$ROWBACK_TRY_ROOT/remove.log")" > /dev/null
[ "$(slots)" = 0 ] || fail "its SQL drops the slot"
ok "its SQL drops the slot"

step "install again, and purge"
inside dpkg -i /root/next.deb > /dev/null
holds "history is still there" captured
sql -c "select pg_create_logical_replication_slot('rowback_app', 'pgoutput')" > /dev/null
# The publication is of the DBA who ran setup-sql, and so is what is left.
exits "teardown leaves something to a DBA" 3 rowback rowbackd teardown --yes
has "teardown drops the slot" "-- done: SELECT pg_catalog.pg_drop_replication_slot('rowback_app')" < "$ROWBACK_TRY_ROOT/output"
[ "$(slots)" = 0 ] || fail "teardown leaves no slot"
ok "teardown leaves no slot"
sql < "$ROWBACK_TRY_ROOT/output" > /dev/null
[ "$(sql -c 'select count(*) from pg_publication')" = 0 ] || fail "the SQL that it prints takes the rest away"
ok "the SQL that it prints takes the rest away"
# As systemctl enable does, and a drill that has run.
mkdir -p "$root/etc/systemd/system/timers.target.wants" "$root/var/lib/systemd/timers"
ln -s /usr/lib/systemd/system/rowback-drill.timer "$root/etc/systemd/system/timers.target.wants/"
touch "$root/var/lib/systemd/timers/stamp-rowback-drill.timer"
mkdir -p "$root/var/cache/rowback/rowback"
inside dpkg -P rowback 2>&1 | has "says that the history stays" "The history stays in /var/lib/rowback"
holds "configuration is gone" test ! -e "$root/etc/rowback"
holds "history stays, of its account" mode /var/lib/rowback/app "700 rowback rowback"
holds "nothing of the service is left" test -z "$(find "$root/etc/systemd" "$root/var/lib/systemd" -name '*rowback*' 2> /dev/null)"
holds "what is made anew by itself is gone" test ! -e "$root/var/cache/rowback"
holds "nothing else is left" test -z "$(find "$root/usr" "$root/etc" "$root/lib" -name '*rowback*' 2> /dev/null)"

step "done"
