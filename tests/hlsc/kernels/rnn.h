#define TOP rnn
#define RETURNS 0
#define ROUNDS 4
#define INPUTS(X) X(in, 16)
#define OUTPUTS(X) X(out, 16)
INPUTS(DECLARE)
extern "C" void rnn(hls_stream_u16 *, hls_stream_u16 *);
#define CALL_NATIVE rnn(&in_stream, &out_stream)
static void stimulus(int round) {
  int columns = 6 + rng.below(20), blocks = 1 + rng.below(5), steps = round ? 4 : 1;
  int count = (columns + blocks * 4) * blocks * 4;
  for (int v : {columns, blocks, steps, count}) in_words.push_back(v);
  for (int i = 0; i < count; i++) in_words.push_back(rng.next() & 255);
  for (int i = 0; i < columns * steps; i++) in_words.push_back((rng.next() & 4095) - 2048);
}
