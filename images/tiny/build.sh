#!/bin/bash
# build.sh OUT.qcow2: builds the tiny guest image (about 19 MB) from Debian packages, without loop mounts, in a folder
# of its own that it removes. Two builds from the same packages differ in the change times of files and nothing else.
#
# Needs root only for the owners inside the file system (mke2fs -d copies them).
set -euo pipefail
umask 022
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=1735689600 E2FSPROGS_FAKE_TIME=1735689600

out=$(realpath -m "${1:?usage: build.sh OUT.qcow2}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/madang-tiny.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Unpacked, never installed: an installed kernel would run the builder's own initramfs hooks.
fetch() {
  local kernel
  kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ { print $2; exit }')
  [ -n "$kernel" ] || { echo "apt knows no linux-image-cloud-amd64; run apt-get update" >&2; exit 1; }
  mkdir -p "$work/debs" "$work/kernel" "$work/guest-agent"
  chmod 755 "$work" "$work/debs"
  (cd "$work/debs" && apt-get -o APT::Sandbox::User=root download -qq "$kernel" qemu-guest-agent)
  dpkg-deb -x "$work"/debs/linux-image-*.deb "$work/kernel"
  dpkg-deb -x "$work"/debs/qemu-guest-agent_*.deb "$work/guest-agent"
  version=$(ls "$work/kernel/lib/modules")
}

build_initramfs() {
  local tree=$work/initramfs module
  local modules="virtio_pci virtio_blk virtio_net virtio_scsi sd_mod sr_mod ata_piix virtio_console virtio_balloon
    virtio-rng isofs vfat nls_ascii nls_cp437 nls_iso8859-1 evdev button"
  depmod -b "$work/kernel" "$version"
  mkdir -p "$tree"/{bin,dev,proc,sys,new,m}
  cp /bin/busybox "$tree/bin/"
  install -m 755 "$here/initramfs/init" "$tree/init"
  for module in $modules; do
    modprobe -d "$work/kernel" -S "$version" --show-depends "$module" | awk '/^insmod/ { print $2 }'
  done | awk '!seen[$0]++' > "$work/order"
  while read -r module; do
    cp "$module" "$tree/m/"
    basename "$module" >> "$tree/m/order"
  done < "$work/order"
  find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  (cd "$tree" && find . | sort | cpio --reproducible -o -H newc --quiet | gzip -9n) > "$work/initrd"
}

# add FILE FOLDER: a program and the shared libraries it needs, from the builder.
add() {
  local library
  cp -L "$1" "$work/root/$2"
  ldd "$1" | grep -o '/[^ ]*' | while read -r library; do
    cp -nL "$library" "$work/root/lib/x86_64-linux-gnu/"
  done
}

build_root() {
  local tree=$work/root applet
  mkdir -p "$tree"/{bin,sbin,etc/dropbear,dev,proc,sys,root/.ssh,home,tmp,run,var/log,var/run,www,usr/sbin,usr/bin} \
    "$tree"/{lib/x86_64-linux-gnu,lib64,mnt/config}
  chmod 700 "$tree/root" "$tree/root/.ssh"
  cp /bin/busybox "$tree/bin/"
  for applet in $(/bin/busybox --list); do [ -e "$tree/bin/$applet" ] || ln -s busybox "$tree/bin/$applet"; done
  for applet in init getty reboot poweroff udhcpc; do ln -sf ../bin/busybox "$tree/sbin/$applet"; done
  add /usr/sbin/dropbear usr/sbin/
  add /usr/bin/dropbearkey usr/bin/
  add "$work/guest-agent/usr/sbin/qemu-ga" usr/sbin/
  cp -L /lib64/ld-linux-x86-64.so.2 "$tree/lib64/"
  cp -R "$here/rootfs/." "$tree/"
  chmod 755 "$tree"/etc/{rcS,netup,netwatch,udhcpc.script,datasource,metadata,config-drive,guest-agent,login} "$tree"/etc/acpi/PWRF/*
  echo 'root:x:0:0:root:/root:/bin/sh' > "$tree/etc/passwd"
  echo 'root:*:20089:0:99999:7:::' > "$tree/etc/shadow"
  chmod 600 "$tree/etc/shadow"
  echo 'root:x:0:' > "$tree/etc/group"
  echo /bin/sh > "$tree/etc/shells"
  echo tiny > "$tree/etc/hostname"
  find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  mke2fs -q -t ext4 -L tinyroot -U 6d616461-6e67-4000-8000-74696e790001 -E hash_seed=6d616461-6e67-4000-8000-74696e790002 \
    -m 0 -O ^has_journal -d "$tree" "$work/root.img" 40M
}

# FAT16 and syslinux written by mtools: no mount. TIMEOUT is left out, since any value is a wait. BIOS boots it by the MBR,
# UEFI by the name that it looks for on every disk.
build_boot() {
  truncate -s 32M "$work/boot.img"
  mkfs.vfat --invariant -F 16 -n TINYBOOT "$work/boot.img" > /dev/null
  printf '%s\n' 'DEFAULT linux' 'PROMPT 0' 'LABEL linux' ' KERNEL /vmlinuz' ' INITRD /initrd' \
    ' APPEND console=tty1 console=ttyS0,115200 quiet panic=1 mitigations=off init_on_alloc=0 net.ifnames=0' \
    > "$work/syslinux.cfg"
  mcopy -i "$work/boot.img" "$work/kernel/boot/vmlinuz-$version" ::vmlinuz
  mcopy -i "$work/boot.img" "$work/initrd" "$work/syslinux.cfg" ::
  mmd -i "$work/boot.img" ::EFI ::EFI/BOOT
  mcopy -i "$work/boot.img" /usr/lib/SYSLINUX.EFI/efi64/syslinux.efi ::EFI/BOOT/BOOTX64.EFI
  mcopy -i "$work/boot.img" /usr/lib/syslinux/modules/efi64/ldlinux.e64 ::EFI/BOOT
  syslinux -i "$work/boot.img"
}

# MBR, the boot partition at 1 MiB and the root partition at 33 MiB.
build_disk() {
  truncate -s 74M "$work/disk"
  printf 'label: dos\nlabel-id: 0x6d616461\nstart=2048,size=65536,type=e,bootable\nstart=67584,size=81920,type=83\n' |
    sfdisk -q "$work/disk"
  dd if=/usr/lib/syslinux/mbr/mbr.bin of="$work/disk" conv=notrunc bs=440 count=1 status=none
  dd if="$work/boot.img" of="$work/disk" conv=notrunc,sparse bs=1M seek=1 status=none
  dd if="$work/root.img" of="$work/disk" conv=notrunc,sparse bs=1M seek=33 status=none
  qemu-img convert -c -O qcow2 "$work/disk" "$work/disk.qcow2"
  mkdir -p "$(dirname "$out")"
  # Renamed into place, so that nobody ever reads half an image.
  cp "$work/disk.qcow2" "$out.new.$$"
  mv "$out.new.$$" "$out"
}

fetch
build_initramfs
build_root
build_boot
build_disk
