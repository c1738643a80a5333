# Shared by the scripts of lab/: messages, the cache directory, and clean-up that holds at any moment.
# shellcheck shell=bash

# mke2fs, debugfs and modprobe live in sbin, which an ordinary user's PATH leaves out.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# Every entry of the cache is built in a work directory beside it and appears by one rename, under a
# lock; so an entry that exists is whole. Entries stay until `lab clean`.
CACHE=${LIMBER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/limber}

FAILURE_STATUS=1     # what `die` exits with; a script may choose its own
WORK=                # this process's work directory, on the file system of the cache
declare -A JOBS=()   # process groups that must not outlive this process

say() { echo "${0##*/}: $*" >&2; }
die() { say "$@"; exit "$FAILURE_STATUS"; }

need() {             # command, Debian package
  command -v "$1" >/dev/null 2>&1 || die "needs $1 of the Debian package $2 (lab/setup lab installs it)"
}

# The comment block at the head of a script is its manual.
usage() { sed -n '2{:a;/^#/!q;s/^# \{0,1\}//;p;n;ba}' "$0"; }

digest() { sha256sum | cut -c1-16; }

# Traps come before the first thing that needs them, so that no signal can fall between the two.
begin_work() {
  trap end_work EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  mkdir -p "$CACHE"
  local gate alive stale
  exec {gate}>"$CACHE/work.lock"
  flock "$gate"
  # A work directory nobody holds a lock on belongs to a process that was killed outright.
  for stale in "$CACHE"/work.??????; do
    [ ! -d "$stale" ] || ! flock -n "$stale" true || rm -rf "$stale"
  done
  WORK=$(mktemp -d "$CACHE/work.XXXXXX")
  exec {alive}<"$WORK"
  flock "$alive"
  exec {gate}>&-
}

end_work() {
  trap '' INT TERM HUP
  local job
  for job in "${!JOBS[@]}"; do kill -KILL -- "-$job" 2>/dev/null || true; done
  { wait; } 2>/dev/null || true
  if [ -n "${KEEP_WORK:-}" ]; then say "kept $WORK"; elif [ -n "$WORK" ]; then rm -rf "$WORK"; fi
}

# Starts a command in a process group of its own, so that an interrupt typed at the terminal reaches
# only this shell, which ends the whole group in end_work. Leaves the group's id in JOB.
start_job() {
  set -m
  "$@" </dev/null &
  JOB=$!
  set +m
  JOBS[$JOB]=1
}

# A group that has ended is forgotten, as its id may come to name another.
wait_job() {         # group id -> its status
  local status=0
  { wait "$1"; } 2>/dev/null || status=$?
  unset "JOBS[$1]"
  return "$status"
}

end_job() {          # group id
  kill -KILL -- "-$1" 2>/dev/null || true
  wait_job "$1" || true
}

# Runs a long command as a job and waits for it. A trap interrupts `wait`, but not a foreground command.
run_job() {
  start_job "$@"
  wait_job "$JOB"
}

# Runs BUILD [ARG...] at most once at a time over all processes, unless the entry is there already.
# BUILD must leave the finished entry at $WORK/entry.
cached() {           # entry's path, BUILD, ARG...
  local entry=$1; shift
  if [ ! -e "$entry" ]; then
    (
      flock 9
      [ ! -e "$entry" ] || exit 0
      rm -rf "$WORK/entry"
      "$@" 9>&-
      mv "$WORK/entry" "$entry"
    ) 9>"$CACHE/build.lock" >&2
  fi
  echo "$entry"
}
