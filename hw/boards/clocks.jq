# Of nextpnr's report: each clock by its name in the board's top, in MHz what is asked of it and what place and route reached.
def mhz: . * 100 | round / 100;
def clocks: .fmax | with_entries(.key |= (ltrimstr("$glbnet$") | sub("\\$.*"; "")) |
  .value = {mhz: (.value.constraint | mhz), fmax_mhz: (.value.achieved | mhz)});
