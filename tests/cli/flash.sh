# shellcheck shell=bash
# eddy flash: files are checked, and the board's tool gets its command line. The tools are stand-ins that print it.
mkdir tools
for tool in openFPGALoader dfu-util; do
  printf '#!/bin/sh\necho "%s $*"\n' $tool > tools/$tool
  chmod +x tools/$tool
done
flash() { PATH=$PWD/tools:$PATH eddy flash "$@"; }

# some_bitstream BOARD BYTES: of the right form, with so many bytes of content
some_bitstream() {
  case $1 in
    ulx3s) printf '\xff\x00Part\x00\xff\xff\xff\xbd\xb3' && head -c "$2" /dev/zero && printf '\x5e\0\0\0\xff\xff\xff\xff' ;;
    bitsy) printf '\xff\x00\x00\xff\x7e\xaa\x99\x7e' && head -c "$2" /dev/zero && printf '\x01\x06\0' ;;
  esac
}

# tell FILE SHA256: a manifest with that entry
tell() { printf '[{"file": "other.bit", "sha256": "0"}, {"file": "%s", "sha256": "%s"}]' "$1" "$2" > manifest.json; }

for board in ulx3s bitsy; do some_bitstream $board 1000 > a-$board.bit; done
expect 'flash: for no board' 1 'eddy: x.bit: the name does not end with a board (-ulx3s.bit, -bitsy.bit)' eddy flash x.bit
expect 'flash: no file' 1 'eddy: b-ulx3s.bit: No such file or directory' eddy flash b-ulx3s.bit
expect 'flash: no tool' 1 'eddy: openFPGALoader is not installed; apt install openfpgaloader' \
  env PATH=/nowhere ./eddy flash a-ulx3s.bit
expect 'flash: no dfu-util' 1 'eddy: dfu-util is not installed; apt install dfu-util' \
  env PATH=/nowhere ./eddy flash a-bitsy.bit
expect 'flash: ulx3s' 0 'openFPGALoader -b ulx3s a-ulx3s.bit' flash a-ulx3s.bit
expect 'flash: bitsy' 0 'dfu-util -d 1d50:6146 -a 0 -R -D a-bitsy.bit' flash a-bitsy.bit
for file in bitstreams/*-{ulx3s,bitsy}.bit; do
  [ -e "$file" ] && match "flash: ${file##*/}" 0 "^(openFPGALoader|dfu-util) .* $file\$" flash "$file"
done

for board in ulx3s bitsy; do
  bytes=$(wc -c < a-$board.bit) whole='not a whole bitstream for'
  for cut in 0 1 7 20 $((bytes - 1)); do
    head -c "$cut" a-$board.bit > cut-$board.bit
    expect "flash: $board, $cut bytes" 1 "eddy: cut-$board.bit: $whole $board" flash cut-$board.bit
  done
done
cp a-bitsy.bit wrong-ulx3s.bit
expect 'flash: of another board' 1 'eddy: wrong-ulx3s.bit: not a whole bitstream for ulx3s' flash wrong-ulx3s.bit

# SHA-256 as sha256sum has it, whatever is left over of its blocks of 64 bytes
for bytes in {1000..1064}; do
  some_bitstream bitsy "$bytes" > b-bitsy.bit
  tell b-bitsy.bit "$(sha256sum < b-bitsy.bit | cut -d ' ' -f 1)"
  expect "flash: the hash of $bytes bytes" 0 'dfu-util -d 1d50:6146 -a 0 -R -D ./b-bitsy.bit' flash ./b-bitsy.bit
done
hash=$(sha256sum < b-bitsy.bit | cut -d ' ' -f 1)
some_bitstream bitsy 999 > b-bitsy.bit
expect 'flash: another file' 1 "eddy: b-bitsy.bit: its SHA-256 is $(sha256sum < b-bitsy.bit | cut -d ' ' -f 1), and $hash in \
manifest.json beside it; copy or build it again" flash b-bitsy.bit
printf '#!/bin/sh\nexit 3\n' > tools/dfu-util
expect 'flash: the tool fails' 1 'eddy: dfu-util ended with 3; is the board plugged in, and may you use its USB port?' \
  flash a-bitsy.bit
