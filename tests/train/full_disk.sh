#!/bin/bash
# full_disk.sh EDDY -- a training whose checkpoint, or plot, meets a full disk: it says so, and the checkpoint before stays whole.
# Run as: unshare --user --map-root-user --mount tests/train/full_disk.sh EDDY
set -eu
eddy=$(realpath "$1")
folder=$(mktemp -d)
disk=$folder/disk
mkdir "$disk"
trap 'cd /; umount "$disk"; rm -r "$folder"' EXIT
mount -t tmpfs -o size=64k tmpfs "$disk"
cd "$folder"
awk 'BEGIN { for (t = 0; t < 400; t++) printf "%.4f\n", sin(t / 5) }' > data.csv
cat > spec.json << 'SPEC'
{ "data": { "file": "data.csv", "task": "next" },
  "model": { "layers": [ {"cell": "gru", "units": 16}, {"cell": "dense", "units": 1} ] },
  "training": { "batches": 40, "batch": 8, "steps": 20 } }
SPEC
train() { "$eddy" train spec.json --quiet --checkpoint disk/state --checkpoint-every 10 "$@"; }
train -o m.onnx
cp disk/state before
cat /dev/zero > disk/filler 2> /dev/null || true
if message=$(train -o again.onnx 2>&1); then
  echo "a full disk was not noticed"
  exit 1
fi
echo "$message"
grep -q 'No space left on device' <<< "$message"
cmp disk/state before
if "$eddy" train spec.json -o plotted.onnx --plot disk/loss.png --quiet 2> message; then
  echo "a plot on a full disk was not noticed"
  exit 1
fi
grep -q 'cannot write disk/loss.png' message
[ ! -e disk/loss.png ] && [ ! -e disk/loss.png.tmp ]
cmp m.onnx plotted.onnx
rm disk/filler
train -o again.onnx --resume
cmp m.onnx again.onnx
