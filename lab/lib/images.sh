# File system images and initramfs archives, made without root and without loop mounts.
# shellcheck shell=bash
# shellcheck source-path=SCRIPTDIR source=common.sh

# A journal and checksums protect data that outlives a crash; these images live for one run.
make_ext4() {        # tree, image, free MiB
  local content files
  content=$(du -sk "$1" | cut -f1)
  files=$(find "$1" | wc -l)
  rm -f "$2"
  truncate -s "$((content + content / 20 + files / 2 + $3 * 1024 + 8192))K" "$2"
  mke2fs -q -t ext4 -F -b 4096 -m 0 -i 16384 -E lazy_itable_init=1,nodiscard,root_owner=0:0 \
    -O ^has_journal,^metadata_csum,^resize_inode -d "$1" "$2" >"$WORK/mke2fs.log" 2>&1 \
    || die "mke2fs cannot make an image of $1: $(tail -1 "$WORK/mke2fs.log")"
}

# Not compressed: where the processor is emulated, copying is cheaper than inflating.
make_cpio() {        # tree, archive
  (cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --reproducible --quiet) >"$2"
}
