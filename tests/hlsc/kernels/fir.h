#define TOP fir
#define RETURNS 1
#define ROUNDS 6
#define INPUTS(X) X(in, 16)
#define OUTPUTS(X) X(out, 16)
INPUTS(DECLARE)
extern "C" void fir(uint8_t, hls_stream_u16 *, hls_stream_u16 *);
#define SCALARS d.top->shift = 11
#define CALL_NATIVE fir(11, &in_stream, &out_stream)
static void stimulus(int) {
  int n = rng.below(100);
  in_words.push_back(n);
  for (int i = 0; i < n; i++) in_words.push_back(rng.next());
}
