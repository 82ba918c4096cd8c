#define TOP search
#define RETURNS 0
#define ROUNDS 6
#define INPUTS(X) X(in, 16)
#define OUTPUTS(X) X(out, 32)
INPUTS(DECLARE)
extern "C" void search(hls_stream_u16 *, hls_stream_u32 *);
#define CALL_NATIVE search(&in_stream, &out_stream)
static void stimulus(int round) {
  for (int k = 0; k < 8; k++) {
    int n = rng.below(32), end = rng.below(3), at = rng.below(32);
    in_words.push_back(n);
    uint16_t previous = 0;
    for (int i = 0; i < n; i++) {
      uint16_t v = 1000 + i * 3 + rng.below(2);
      if (end == 1 && i == at) v = 7;
      if (end == 2 && i == at && i > 0) v = previous;
      in_words.push_back(v);
      if (v == 7) break;
      if (v == previous && i > 3) break;
      previous = v;
    }
    int m = rng.below(64);
    in_words.push_back(m);
    for (int i = 0; i < m; i++) in_words.push_back(rng.next());
    in_words.push_back(rng.next());
  }
}
