#!/bin/bash
# run.sh BUILD -- the client suite, fault runs and the command eddy in a guest of QEMU: a simulated board behind
# Debian's own kernel, by usbredir. Prints in cmocka's form. BUILD/guest has what fetch.sh made.
set -euo pipefail
build=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
PATH=$build/bin:$PATH
cd "$build/guest"
root=root

# put FOLDER PROGRAM...: with its libraries.
put() {
  local to=$root/$1 program
  shift
  mkdir -p "$to"
  for program in "$@"; do
    install "$program" "$to"
    ldd "$program" | awk '$(NF - 1) ~ /^\// { print $(NF - 1) }' | while read -r library; do
      [ -e "$root$library" ] || install -D "$library" "$root$library"
    done
  done
}

rm -rf $root
cp -a debian $root
mkdir -p $root/{dev,etc/udev/rules.d,proc,run,sys,test,tmp}
install "$here/init.sh" $root/init
ln -s udevadm $root/bin/udevd
install -m 644 "$here/../../../hw/boards/70-eddy.rules" $root/etc/udev/rules.d
printf '%s:/:/bin/sh\n' root:x:0:0: nobody:x:65534:65534: > $root/etc/passwd
printf '%s:\n' root:x:0 plugdev:x:46 nogroup:x:65534 > $root/etc/group
put bin debian/bin/udevadm "$build/bin/eddy" "$(command -v lsusb)"
put test "$build"/tests/usb_{client,faults}

# shellcheck source=tests/usb/models.sh
. "$here/../models.sh"
make_wave $root/test/wave.csv
for layer in gru:12 lstm:25; do
  units=${layer#*:}
  make_model $root/test/wave.csv "${layer%:*}" "$units"
  eddy run "$units.eddy" --device sim: --input $root/test/wave.csv > "$root/test/$units.csv"
  install -m 644 "$units.eddy" $root/test
done
(cd $root && find . | bin/busybox cpio -o -H newc 2> /dev/null) > initramfs

# ttyS0 is for the eye, ttyS1 for the boards.
timeout "${GUEST_SECONDS:-600}" with-board --usbredir boards qemu-system-x86_64 -accel tcg -M q35 -m 512 -smp 1 \
  -nodefaults -display none -no-reboot -kernel vmlinux -initrd initramfs \
  -append 'console=ttyS0 quiet no_timer_check panic=-1' -serial stdio \
  -chardev file,id=control,path=boards/boards,append=on -serial chardev:control \
  -device qemu-xhci -chardev socket,id=board,path=boards/board1 -device usb-redir,chardev=board < /dev/null |
  tr -d '\r' | tee guest.log
grep -qx 'done' guest.log && ! grep -q "^\[  FAILED  \]" guest.log
