# Debian packages as raw material: downloaded by apt, unpacked without being installed. No root needed.
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=common.sh

# Options of an apt that believes nothing is installed, and so resolves to a complete closure.
APT_FROM_NOTHING=(-qq -y --no-install-recommends
  -o Debug::NoLocking=1
  -o Dir::State::status="$CACHE/apt/status"
  -o Dir::State::extended_states="$CACHE/apt/extended_states"
  -o Dir::Log="$CACHE/apt/log"
  -o APT::Sandbox::User=root)

LISTS_HINT="are apt's package lists missing or out of date? (apt-get update)"

# Runs under the lock of `cached`, which is why apt's own locks are not needed.
download_closure() { # package... ; leaves the archives' names, one a line, in $WORK/archives
  mkdir -p "$CACHE/apt/archives/partial" "$CACHE/apt/log" "$WORK/none/partial"
  : >"$CACHE/apt/status"
  # An empty archive directory makes apt print every archive, not only those yet to be fetched.
  apt-get "${APT_FROM_NOTHING[@]}" -o Dir::Cache::archives="$WORK/none" --print-uris install "$@" \
    | awk -F"'" '/^\047/ { split($3, field, " "); print field[1] }' | sort >"$WORK/archives" \
    || die "apt cannot resolve $*: $LISTS_HINT"
  apt-get "${APT_FROM_NOTHING[@]}" -o Dir::Cache::archives="$CACHE/apt/archives" --download-only install "$@" \
    || die "apt cannot download $*: $LISTS_HINT"
}

# `dpkg -x` would replace the links /bin, /lib... of a merged-/usr tree by directories; this keeps them.
unpack() {           # archive, tree
  dpkg-deb --fsys-tarfile "$1" | tar -C "$2" -x --keep-directory-symlink --no-same-owner \
    --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' \
    --exclude='./usr/share/info/*' --exclude='./usr/share/lintian/*'
}

new_tree() {         # directory: an empty merged-/usr tree
  mkdir -p "$1"/usr/{bin,sbin,lib,lib64} "$1"/{proc,sys,dev,run,tmp,root,etc,var,share,out,mnt}
  local name
  for name in bin sbin lib lib64; do ln -s "usr/$name" "$1/$name"; done
}

build_tree() {       # package...
  download_closure "$@"
  new_tree "$WORK/entry"
  local archive
  while read -r archive; do unpack "$CACHE/apt/archives/$archive" "$WORK/entry"; done <"$WORK/archives"
}

package_tree() {     # package... -> directory with the packages and all they depend on, unpacked
  local key
  key=$({ declare -f build_tree unpack new_tree; echo "$*"; } | digest)
  cached "$CACHE/tree-$key" build_tree "$@"
}
