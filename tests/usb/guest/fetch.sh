#!/bin/bash
# fetch.sh FOLDER -- Debian's kernel, busybox and udev from their packages, without installing them: FOLDER/vmlinux, and
# FOLDER/debian with what a guest needs of them.
set -euo pipefail
folder=$1
rm -rf "$folder/debian"
mkdir -p "$folder/packages" "$folder/debian"
cd "$folder"

# download PACKAGE: its .deb
download() {
  (cd packages && rm -f "$1"_*.deb && apt-get -qq download "$1" 2> download.log >&2) ||
    { cat packages/download.log >&2; return 1; }
  echo "packages/$1"_*.deb
}

# unpack DEB PATTERN...: those of its files
unpack() {
  local deb=$1
  shift
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C debian --wildcards "$@"
}

kernel=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p')
[ -n "$kernel" ] || { echo 'fetch.sh: apt knows of no linux-image-amd64; run apt-get update' >&2; exit 1; }
deb=$(download "$kernel")
unpack "$deb" './boot/vmlinuz-*' '*/usb-common.ko*' '*/usbcore.ko*' '*/xhci-hcd.ko*' '*/xhci-pci.ko*'
rm "$deb"
deb=$(download busybox-static)
unpack "$deb" ./bin/busybox
deb=$(download udev)
unpack "$deb" ./bin/udevadm

# The kernel as it is inside of bzImage: it starts sooner, by PVH. Where: Documentation/arch/x86/boot.rst.
bzimage=$(echo debian/boot/vmlinuz-*)
field() { od -An -t "u$2" -j "$1" -N "$2" "$bzimage" | tr -d ' '; }
begin=$((($(field 0x1f1 1) + 1) * 512 + $(field 0x248 4)))
bytes=$(($(field 0x24c 4) - 4)) # without the size behind it
head -c $((begin + bytes)) "$bzimage" | tail -c $bytes | xz -dc > vmlinux.part
rm -r debian/boot
mv vmlinux.part vmlinux
