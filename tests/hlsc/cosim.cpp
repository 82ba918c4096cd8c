// cosim.cpp -- one kernel, natively and as RTL, on the same words: outputs must be equal under every stall
// pattern. The kernel's description, KERNEL_H, names top, streams and rounds:
//   TOP, INPUTS(X) with X(name, width), OUTPUTS(X), RETURNS (0 or 1), ROUNDS,
//   void stimulus(int round), which puts words into the vectors <name>_words.
// Arguments: a seed.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include <verilated.h>

extern "C" {
#include "hls.h"
}

struct Random {
  uint64_t state;
  uint32_t next() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state >> 33);
  }
  uint32_t below(uint32_t n) { return next() % n; }
};
static Random rng{1};

#define DECLARE(name, width) static std::vector<uint##width##_t> name##_words;
#include KERNEL_H
#define STRING_(x) #x
#define STRING(x) STRING_(x)
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#include STRING(CAT(V, TOP).h)

#ifndef EXPECT_CHECK_FAILED
#define EXPECT_CHECK_FAILED 0
#endif
#ifndef SCALARS
#define SCALARS
#endif

// ---- native ----

enum { ROOM = 1 << 16 };
template <class Stream, class Word> static void fill(Stream &s, std::vector<Word> &ring, const std::vector<Word> &in) {
  ring.assign(ROOM, 0);
  memset(&s, 0, sizeof s);
  s.ring.capacity_words = ROOM;
  s.words = ring.data();
  for (Word w : in) s.words[s.ring.tail++] = w;
}

#define NATIVE_STREAM(name, width) \
  static hls_stream_u##width name##_stream; \
  static std::vector<uint##width##_t> name##_ring;
INPUTS(NATIVE_STREAM)
OUTPUTS(NATIVE_STREAM)
#define NATIVE_OUT(name, width) static std::vector<uint##width##_t> name##_expected;
OUTPUTS(NATIVE_OUT)

static void run_native() {
#define FILL(name, width) fill(name##_stream, name##_ring, name##_words);
  INPUTS(FILL)
#define CLEAR(name, width) fill(name##_stream, name##_ring, std::vector<uint##width##_t>());
  OUTPUTS(CLEAR)
  CALL_NATIVE;
#define TAKE(name, width) name##_expected.assign(name##_ring.begin(), name##_ring.begin() + name##_stream.ring.tail);
  OUTPUTS(TAKE)
}

// ---- RTL ----

enum Pattern { NONE, CYCLIC, RANDOM, SLOW_OUTPUT, PATTERNS };
static const char *const pattern_names[] = {"no stall", "cyclic stall", "random stall", "slow output"};

struct Stall {
  int pattern;
  uint64_t cycle = 0;
  bool input(int port) {
    switch (pattern) {
      case CYCLIC: return (cycle + port) % 3 == 0;
      case RANDOM: return rng.below(100) < 40;
      default: return false;
    }
  }
  bool output(int port) {
    switch (pattern) {
      case CYCLIC: return (cycle + 2 * port) % 4 < 2;
      case RANDOM: return rng.below(100) < 40;
      case SLOW_OUTPUT: return rng.below(100) < 95;
      default: return false;
    }
  }
};

struct Device {
  std::unique_ptr<VerilatedContext> context{new VerilatedContext};
  std::unique_ptr<CAT(V, TOP)> top{new CAT(V, TOP)(context.get())};
  uint64_t cycles = 0;
  void half(int clk) {
    top->clk = clk;
    top->eval();
  }
  void reset() {
#define IDLE_IN(name, width) top->s_axis_##name##_tvalid = 0;
#define IDLE_OUT(name, width) top->m_axis_##name##_tready = 0;
    INPUTS(IDLE_IN)
    OUTPUTS(IDLE_OUT)
#if RETURNS
    top->start = 0;
#endif
    top->rst_n = 0;
    for (int i = 0; i < 4; i++) {
      half(0);
      half(1);
    }
    top->rst_n = 1;
  }
};

static bool run_rtl(Device &d, int pattern) {
#define POSITION(name, width) size_t name##_at = 0; bool name##_held = false;
  INPUTS(POSITION)
#define RECEIVED(name, width) std::vector<uint##width##_t> name##_got;
  OUTPUTS(RECEIVED)
  Stall stall{pattern};
  uint64_t quiet = 0, limit = 400000;
  bool done = !RETURNS, started = false;
  bool complete = false;
  while (limit-- && (!done || quiet < 200 || (!complete && quiet < 5000))) {
    d.half(0);
    SCALARS;
#if RETURNS
    d.top->start = !started;
#endif
    int port = 0;
    // a word once offered stays offered
#define DRIVE(name, width) \
  name##_held = name##_at < name##_words.size() && (name##_held || !stall.input(port)); \
  d.top->s_axis_##name##_tvalid = name##_held; \
  d.top->s_axis_##name##_tdata = name##_held ? name##_words[name##_at] : (uint##width##_t)rng.next(); \
  port++;
    INPUTS(DRIVE)
#define SINK(name, width) d.top->m_axis_##name##_tready = !stall.output(port++);
    OUTPUTS(SINK)
    d.top->eval();
    bool moved = false;
#define SENT(name, width) \
  if (d.top->s_axis_##name##_tvalid && d.top->s_axis_##name##_tready) { name##_at++; name##_held = false; moved = true; }
    INPUTS(SENT)
#define CATCH(name, width) \
  if (d.top->m_axis_##name##_tvalid && d.top->m_axis_##name##_tready) { name##_got.push_back(d.top->m_axis_##name##_tdata); moved = true; }
    OUTPUTS(CATCH)
    started = true;
    d.half(1);
#if RETURNS
    done |= d.top->done;
#endif
    quiet = moved ? 0 : quiet + 1;
    if (!moved && !done && quiet > 20000) break;
    complete = true;
#define ALL_IN(name, width) complete = complete && name##_at >= name##_stream.ring.head;
    INPUTS(ALL_IN)
#define ALL_OUT(name, width) complete = complete && name##_got.size() >= name##_expected.size();
    OUTPUTS(ALL_OUT)
    stall.cycle++;
    d.cycles++;
  }
  bool good = done;
  if (!done) printf("  never done\n");
  if (d.top->check_failed != EXPECT_CHECK_FAILED) {
    printf("  check_failed is %d\n", d.top->check_failed);
    good = false;
  }
#define LEFT(name, width) if (name##_at != name##_stream.ring.head) { printf("  " #name ": %zu words taken, natively %zu\n", name##_at, name##_stream.ring.head); good = false; }
  INPUTS(LEFT)
#define COMPARE(name, width) \
  if (name##_got != name##_expected && !EXPECT_CHECK_FAILED) { \
    size_t at = 0; \
    while (at < name##_got.size() && at < name##_expected.size() && name##_got[at] == name##_expected[at]) at++; \
    printf("  " #name ": %zu words, expected %zu, first difference at %zu", name##_got.size(), name##_expected.size(), at); \
    if (at < name##_got.size() && at < name##_expected.size()) printf(": %llx, expected %llx", (unsigned long long)name##_got[at], (unsigned long long)name##_expected[at]); \
    printf("\n"); \
    good = false; \
  }
  OUTPUTS(COMPARE)
  return good;
}


int main(int argc, char **argv) {
  const uint64_t seed = argc > 1 ? strtoull(argv[1], nullptr, 0) : 1;
  int passed = 0, failed = 0;
  Device device[PATTERNS];
  for (int pattern = 0; pattern < PATTERNS; pattern++) device[pattern].reset();
  uint64_t clean_cycles = 0;
  bool good[PATTERNS] = {};
  for (int pattern = 0; pattern < PATTERNS; pattern++) good[pattern] = true;
  for (int round = 0; round < ROUNDS; round++) {
    rng.state = seed * 1000003 + round;
    rng.next();
#define EMPTY_OUT(name, width) name##_words.clear();
    INPUTS(EMPTY_OUT)
    stimulus(round);
    run_native();
    for (int pattern = 0; pattern < PATTERNS; pattern++) {
      bool ok = run_rtl(device[pattern], pattern);
      if (!ok) printf("  in round %d, %s, seed %llu\n", round, pattern_names[pattern], (unsigned long long)seed);
      good[pattern] = good[pattern] && ok;
    }
  }
  clean_cycles = device[NONE].cycles;
  for (int pattern = 0; pattern < PATTERNS; pattern++) {
    printf("[ %s ] %s: %s\n", good[pattern] ? "      OK" : "  FAILED", STRING(TOP), pattern_names[pattern]);
    good[pattern] ? passed++ : failed++;
  }
#ifdef MAX_CYCLES
  bool fast = clean_cycles - 200ull * ROUNDS <= MAX_CYCLES;
  printf("[ %s ] %s: %llu cycles\n", fast ? "      OK" : "  FAILED", STRING(TOP), (unsigned long long)clean_cycles - 200ull * ROUNDS);
  fast ? passed++ : failed++;
#endif
  (void)clean_cycles;
  printf("[  PASSED  ] %d test(s).\n", passed);
  if (failed) printf("[  FAILED  ] %d test(s)\n", failed);
  return failed != 0;
}
