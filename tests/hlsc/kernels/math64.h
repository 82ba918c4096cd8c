#define TOP math64
#define RETURNS 1
#define ROUNDS 4
#define INPUTS(X) X(in, 64)
#define OUTPUTS(X) X(out, 64)
INPUTS(DECLARE)
extern "C" void math64(hls_stream_u64 *, hls_stream_u64 *);
#define CALL_NATIVE math64(&in_stream, &out_stream)
static void stimulus(int round) {
  for (int i = 0; i < 120; i++) {
    uint64_t v = (uint64_t)rng.next() << 33 ^ (uint64_t)rng.next() << 11 ^ rng.next();
    if (round == 1) v = (int64_t)v >> (rng.below(63));
    if (round == 2 && i % 3 == 0) v = rng.below(2) ? ~0ull : 1ull << rng.below(64);
    in_words.push_back(v);
  }
}
