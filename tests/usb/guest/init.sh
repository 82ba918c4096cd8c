#!/bin/busybox sh
# shellcheck shell=dash
# init.sh -- the guest's first process: the board by way of Debian's kernel and udev, then the checks. Prints in
# cmocka's form, and "done" at the end.
/bin/busybox --install -s /bin
export PATH=/bin LANG=C.UTF-8 EDDY_BOARDS_CONTROL=/dev/ttyS1
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
exec < /dev/ttyS0 > /dev/ttyS0 2>&1
stty -F /dev/ttyS0 -onlcr
stty -F /dev/ttyS1 raw clocal
udevd --daemon
for module in usb-common usbcore xhci-hcd xhci-pci; do
  insmod "$(find /lib/modules -name "$module.ko*")"
done
echo "Linux $(uname -r)"
tries=0
until grep -qs 1209 /sys/bus/usb/devices/*/idVendor || [ $tries = 200 ]; do
  tries=$((tries + 1))
  usleep 100000
done
udevadm settle --timeout 20
dmesg | grep 'usb [0-9]-[0-9]:'

cd /test || poweroff -f
timeout 300 ./usb_client || dmesg | grep -i 'usb\|xhci' | tail -n 40
timeout 200 ./usb_faults usb: 10 1

# check NAME COMMAND...: one that succeeds.
passed=0 failed=0
check() {
  name=$1
  shift
  if timeout 60 "$@" > /tmp/said 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "[  FAILED  ] $name"
    cat /tmp/said
  fi
}

check 'lsusb' sh -c 'lsusb -v -d 1209:0001 | grep "iProduct  *2 Eddy RNN engine"'
check 'eddy devices' sh -c 'eddy devices | grep usb:serial=00000001'
for model in *.eddy; do
  check "usb: has the bits of sim:, $model" sh -c "
    eddy run $model --device usb: --input wave.csv > /tmp/usb.csv && cmp /tmp/usb.csv ${model%.eddy}.csv"
done
echo "[  PASSED  ] $passed test(s)."
[ $failed = 0 ] || echo "[  FAILED  ] $failed test(s)."
echo 'done'
poweroff -f
