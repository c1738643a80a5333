# Debian's kernels, unpacked: both the bzImage as shipped and the ELF inside it, and the modules.
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=common.sh

# -> directory with vmlinuz, vmlinux, config, release, package, tree/ and modules.ext4
kernel_directory() { # cloud | generic
  local meta key
  case $1 in
    cloud) meta=linux-image-cloud-amd64 ;;
    generic) meta=linux-image-amd64 ;;
    *) die "--kernel $1: not one of cloud, generic" ;;
  esac
  key=$(declare -f build_kernel extract_vmlinux little_endian_u32 make_ext4 | digest)
  cached "$CACHE/kernel-$1-$key" build_kernel "$meta"
}

build_kernel() {     # meta package
  need depmod kmod
  need lz4 lz4
  need mke2fs e2fsprogs
  local package release out=$WORK/entry tree=$WORK/entry/tree
  package=$(apt-cache depends "$1" 2>/dev/null | awk '/Depends: linux-image-/ { print $2; exit }')
  [ -n "$package" ] || die "apt knows no $1: $LISTS_HINT"
  say "fetching $package"
  mkdir -p "$WORK/deb" "$out"
  (cd "$WORK/deb" && apt-get -qq -o APT::Sandbox::User=root download "$package") \
    || die "apt cannot download $package: $LISTS_HINT"
  new_tree "$tree"
  unpack "$WORK"/deb/*.deb "$tree"
  dpkg-deb -f "$WORK"/deb/*.deb Package Version >"$out/package"
  rm -rf "$WORK/deb"

  release=$(cd "$tree/usr/lib/modules" && echo *)
  echo "$release" >"$out/release"
  mv "$tree/boot/vmlinuz-$release" "$out/vmlinuz"
  mv "$tree/boot/config-$release" "$out/config"
  rm -rf "${tree:?}/boot" "${tree:?}/usr/share"
  extract_vmlinux "$out/vmlinuz" "$out/vmlinux"
  depmod -b "$tree" "$release"
  make_ext4 "$tree/usr/lib/modules/$release" "$out/modules.ext4" 0
}

little_endian_u32() { od -An -tu4 --endian=little -j "$2" -N 4 "$1" | tr -d ' '; }

# The payload of a bzImage is found by the setup header (Documentation/arch/x86/boot.rst): setup_sects
# at 0x1f1, payload_offset at 0x248 and payload_length at 0x24c. The payload ends with four bytes that
# give its unpacked size. The ELF keeps its PVH note, so it boots without the decompressor.
extract_vmlinux() {  # bzImage, output
  local sectors offset length magic
  local -a inflate
  sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$1" | tr -d ' ')
  [ "$sectors" != 0 ] || sectors=4
  offset=$(((sectors + 1) * 512 + $(little_endian_u32 "$1" $((0x248)))))
  length=$(($(little_endian_u32 "$1" $((0x24c))) - 4))
  magic=$(od -An -tx1 -j "$offset" -N 4 "$1" | tr -d ' ')
  case $magic in
    02214c18) inflate=(lz4 -dc) ;;
    fd377a58) inflate=(xz -dc) ;;
    28b52ffd) inflate=(zstd -dc) ;;
    1f8b*) inflate=(gzip -dc) ;;
    *) die "$1: unknown kernel compression $magic" ;;
  esac
  need "${inflate[0]}" "${inflate[0]}"
  # lz4 complains about the end of its legacy stream; the ELF check below is what counts.
  dd if="$1" iflag=skip_bytes,count_bytes skip="$offset" count="$length" bs=1M status=none \
    | "${inflate[@]}" >"$2" 2>/dev/null || true
  [ "$(head -c 4 "$2" | od -An -tx1 | tr -d ' ')" = 7f454c46 ] || die "$1: its payload is no ELF"
}

module_files() {     # kernel directory, module... -> files in load order; what a kernel lacks is skipped
  local kernel=$1 release module
  shift
  release=$(cat "$kernel/release")
  for module in "$@"; do
    modprobe -d "$kernel/tree" -S "$release" --show-depends "$module" 2>/dev/null || true
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}
