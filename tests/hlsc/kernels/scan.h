#define TOP scan
#define RETURNS 0
#define ROUNDS 5
#define INPUTS(X) X(in, 16)
#define OUTPUTS(X) X(out, 32)
INPUTS(DECLARE)
extern "C" void scan(hls_stream_u16 *, hls_stream_u32 *);
#define CALL_NATIVE scan(&in_stream, &out_stream)
static void stimulus(int round) {
  for (int k = 0; k < 4; k++) {
    int n = round == 0 ? k : 1 + rng.below(127);
    in_words.push_back(n);
    for (int i = 0; i < n; i++) in_words.push_back(rng.next());
  }
}
