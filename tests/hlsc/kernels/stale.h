#define TOP stale
#define RETURNS 0
#define ROUNDS 1
#define EXPECT_CHECK_FAILED 1
#define INPUTS(X) X(in, 16)
#define OUTPUTS(X) X(out, 16)
INPUTS(DECLARE)
extern "C" void stale(hls_stream_u16 *, hls_stream_u16 *);
#define CALL_NATIVE stale(&in_stream, &out_stream)
static void stimulus(int) {
  in_words.push_back(40);
  for (int i = 0; i < 40; i++) in_words.push_back(7);
}
