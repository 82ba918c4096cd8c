# waveform.awk -- of a VCD of eddy_core: x as the datapath takes it and h as it is written to the state register, a line
# with cycle, x, taken, h, written for each clock cycle. Variables: steps, of one input each (what came through the same
# queue before them is the program), and the fraction bits of x and h.
function number(bits,  i, n) { # signed, 16 bits
  n = 0
  for (i = 1; i <= length(bits); i++)
    n = 2 * n + substr(bits, i, 1)
  return n >= 32768 ? n - 65536 : n
}
BEGIN {
  split("clk s_axis_data_tvalid s_axis_data_tready s_axis_data_tdata state_2_write_0 state_2_data_0", list, " ")
  for (i in list)
    wanted[list[i]] = 1
}
/\$scope/ { scope = $3 }
/\$var/ {
  if (scope == "datapath" && $5 in wanted)
    name[$4] = $5
}
/^[01]/ { value[name[substr($1, 2)]] = substr($1, 1, 1) }
/^b/ { value[name[$2]] = substr($1, 2) }
/^#/ {
  if (value["clk"] == 1) { # what was at the rising edge
    cycle++
    taken = value["s_axis_data_tvalid"] == 1 && value["s_axis_data_tready"] == 1
    if (taken) {
      x_at[++n_taken] = cycle
      x_is[n_taken] = number(value["s_axis_data_tdata"]) / 2 ^ x_bits
    }
    if (value["state_2_write_0"] == 1) {
      h_at[++n_written] = cycle
      h_is[n_written] = number(value["state_2_data_0"]) / 2 ^ h_bits
    }
  }
}
END {
  first = n_taken - steps + 1
  begin = x_at[first] - 8
  k = first
  while (j < n_written && h_at[j + 1] < begin)
    j++
  for (c = begin; c <= cycle; c++) {
    taken = written = 0
    if (k <= n_taken && x_at[k] == c) {
      x = x_is[k++]
      taken = 1
    }
    if (j < n_written && h_at[j + 1] == c) {
      h = h_is[++j]
      written = 1
    }
    print c - begin "," x + 0 "," taken "," h + 0 "," written
  }
}
