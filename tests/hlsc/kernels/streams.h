#define TOP streams
#define RETURNS 0
#define ROUNDS 4
#define INPUTS(X) X(tags, 16) X(left, 32) X(right, 64)
#define OUTPUTS(X) X(merged, 64) X(odd, 16)
INPUTS(DECLARE)
extern "C" void streams(hls_stream_u16 *, hls_stream_u32 *, hls_stream_u64 *, hls_stream_u64 *, hls_stream_u16 *);
#define CALL_NATIVE streams(&tags_stream, &left_stream, &right_stream, &merged_stream, &odd_stream)
static void stimulus(int round) {
  for (int k = 0; k < 3; k++) {
    int count = round == 0 ? k : 1 + rng.below(60);
    tags_words.push_back(count);
    for (int i = 0; i < count; i++) {
      bool r = rng.below(2);
      tags_words.push_back(rng.below(100) * 2 + r);
      if (r) right_words.push_back((uint64_t)rng.next() << 32 | rng.next());
      else left_words.push_back(rng.next());
    }
    left_words.push_back(rng.next());
  }
}
