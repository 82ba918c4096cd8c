#define TOP states
#define RETURNS 0
#define ROUNDS 5
#define INPUTS(X) X(in, 16)
#define OUTPUTS(X) X(out, 32)
INPUTS(DECLARE)
extern "C" void states(hls_stream_u16 *, hls_stream_u32 *);
#define CALL_NATIVE states(&in_stream, &out_stream)
static void stimulus(int) {
  for (int i = 0; i < 60; i++) {
    uint16_t op = rng.next();
    in_words.push_back(op);
    if ((op & 7) == 1) in_words.push_back(rng.next());
  }
}
