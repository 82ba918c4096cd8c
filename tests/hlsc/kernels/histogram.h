#define TOP histogram
#define RETURNS 1
#define ROUNDS 4
#define INPUTS(X) X(in, 16)
#define OUTPUTS(X) X(out, 16)
INPUTS(DECLARE)
extern "C" void histogram(hls_stream_u16 *, hls_stream_u16 *);
#define CALL_NATIVE histogram(&in_stream, &out_stream)
static void stimulus(int round) {
  int n = 200;
  in_words.push_back(n);
  for (int i = 0; i < n; i++) in_words.push_back(rng.below(round == 0 ? 2 : round == 1 ? 1 : 64));
}
