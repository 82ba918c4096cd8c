# data.awk -- sequences for a memory cell: pulse (1 sets, -1 resets, 0 leaves it), and what it should hold. The first step of
# a sequence sets or resets. Variables: sequences, steps, seed.
BEGIN {
  for (s = 0; s < sequences; s++)
    for (t = 0; t < steps; t++) {
      chance = uniform()
      pulse = t == 0 ? 2 * below(2) - 1 : chance < 0.08 ? 1 : chance < 0.16 ? -1 : 0
      if (pulse)
        held = pulse
      print pulse "," held
    }
}
