// rig.cpp -- kernels natively and as RTL, on the same inputs, all of them in one simulation. Each round stalls
// its streams by the next pattern; outputs, arrays, results and words taken must be equal, and the cycles be
// those of the report where nothing stalls. Arguments: rounds, seed, and the names of kernels (else all).
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <verilated.h>

#include "Vrig.h"
#include "hls_native.h"
#include "rig.h"

extern "C" {
extern struct rig_kernel rig_kernels[];
extern unsigned rig_nkernels;
void rig_fill_table(void);
}

static uint64_t random_state;
extern "C" uint32_t rig_random(void) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<uint32_t>(random_state >> 33) ^ static_cast<uint32_t>(random_state >> 12);
}
extern "C" uint32_t rig_below(uint32_t n) { return rig_random() % n; }

static uint64_t mask(unsigned bits) { return bits >= 64 ? ~0ull : (1ull << bits) - 1; }
static uint64_t word_at(const void *words, unsigned width, size_t i) {
  uint64_t v = 0;
  memcpy(&v, static_cast<const char *>(words) + i * (width / 8), width / 8);
  return v;
}
static void set_word(void *words, unsigned width, size_t i, uint64_t v) {
  memcpy(static_cast<char *>(words) + i * (width / 8), &v, width / 8);
}
static uint64_t random_word() { return static_cast<uint64_t>(rig_random()) << 32 | rig_random(); }

extern "C" void rig_send(struct rig_kernel *k, unsigned port, uint64_t word) {
  rig_port &p = k->port[port];
  if (p.count < RIG_ROOM_WORDS) set_word(p.words, p.width, p.count++, word);
}
extern "C" void rig_set(struct rig_kernel *k, unsigned port, uint64_t value) {
  k->port[port].value = value & mask(k->port[port].width);
}
extern "C" void rig_put(struct rig_kernel *k, unsigned port, size_t i, uint64_t value) {
  if (i < 1ull << k->port[port].address_bits) set_word(k->port[port].words, k->port[port].width, i, value);
}

enum Pattern { NONE, CYCLIC, RANDOM, SLOW_OUTPUT, PATTERNS };
static const char *const pattern_names[] = {"no stall", "cyclic stall", "random stall", "slow output"};

// What a stream or array of the RTL is at.
struct Side {
  std::vector<char> words;        // an array's elements
  std::vector<uint64_t> received; // of an output
  size_t sent = 0;                // of an input
  size_t sent_at_start = 0;
  bool held = false;              // a word once offered stays offered
  uint64_t read_word = 0;
};

class Bench {
public:
  Bench(Vrig &top, unsigned number) : top(top), number(number), k(rig_kernels[number]) {
    for (unsigned i = 0; i < k.nports; i++) {
      rig_port &p = k.port[i];
      if (p.kind == RIG_SCALAR) continue;
      if (p.kind == RIG_MEMORY && p.address_bits > 18) {
        printf("  %s: array of %u address bits is too large for the rig\n", k.name, p.address_bits);
        exit(1);
      }
      size_t n = p.kind == RIG_MEMORY ? 1ull << p.address_bits : RIG_ROOM_WORDS;
      p.words = calloc(n, 8);
      p.stream = calloc(1, sizeof(hls_stream_u64));
    }
  }
  ~Bench() {
    for (unsigned i = 0; i < k.nports; i++) {
      free(k.port[i].words);
      free(k.port[i].stream);
    }
  }
  const char *name() const { return k.name; }
  bool finished() const { return stopped; }
  bool good = true;
  unsigned rounds_done = 0;

  void begin(unsigned new_round, uint64_t seed) {
    round = new_round;
    pattern = round % PATTERNS;
    random_state = seed * 1000003 + round * 7919 + 17;
    rig_random();
    for (unsigned i = 0; i < k.nports; i++) prepare(k.port[i]);
    k.stimulus(&k, round);
    for (unsigned i = 0; i < k.nports; i++) capture(i);
    k.call(&k);
    stall_random = random_state;
    started = done = complete = false;
    cycle = quiet = done_cycle = 0;
    stopped = false;
  }

  void drive() {
    if (stopped) return;
    top.start[number] = k.returns && !started;
    for (unsigned i = 0; i < k.nports; i++) {
      const rig_port &p = k.port[i];
      const unsigned slot = number * 12 + i;
      Side &s = side[i];
      if (p.kind == RIG_SCALAR) top.scalar[slot] = p.value;
      if (p.kind == RIG_MEMORY) top.rdata[slot] = s.read_word;
      if (p.kind == RIG_INPUT) {
        s.held = s.sent < p.count && (s.held || !stalls_input(i));
        top.tvalid_in[slot] = s.held;
        top.tdata_in[slot] = s.held ? word_at(s.words.data(), p.width, s.sent) : noise() & mask(p.width);
      }
      if (p.kind == RIG_OUTPUT) top.tready_out[slot] = !stalls_output(i);
    }
  }

  void sample() {
    if (stopped) return;
    bool moved = false;
    for (unsigned i = 0; i < k.nports; i++) {
      const rig_port &p = k.port[i];
      const unsigned slot = number * 12 + i;
      Side &s = side[i];
      if (p.kind == RIG_INPUT && top.tvalid_in[slot] && top.tready_in[slot]) {
        s.sent++;
        s.held = false;
        moved = true;
      }
      if (p.kind == RIG_OUTPUT && top.tvalid_out[slot] && top.tready_out[slot]) {
        s.received.push_back(top.tdata_out[slot] & mask(p.width));
        moved = true;
      }
      if (p.kind == RIG_MEMORY) { // read before write
        const size_t rows = mask(p.address_bits);
        if (top.ren[slot]) s.read_word = word_at(s.words.data(), p.width, top.raddr[slot] & rows);
        if (top.wen[slot]) {
          set_word(s.words.data(), p.width, top.waddr[slot] & rows, top.wdata[slot]);
          moved = true;
        }
      }
    }
    quiet = moved ? 0 : quiet + 1;
    started = true;
  }

  void after_edge() {
    if (stopped) return;
    cycle++;
    if (k.returns && !done && top.done[number]) {
      done = true;
      done_cycle = cycle - 1;
      quiet = 0;
      if (k.result_width) result = top.result[number];
    }
    if (!complete) complete = all_out();
    const uint64_t wait = k.slowness * (!complete ? 60000 : 40);
    if ((done || !k.returns) && quiet > wait) finish();
    else if (cycle > k.slowness * 3000000 || quiet > k.slowness * 200000) finish();
  }

private:
  Vrig &top;
  unsigned number;
  rig_kernel &k;
  Side side[RIG_PORTS];
  unsigned round = 0, pattern = 0;
  uint64_t stall_random = 0, cycle = 0, quiet = 0, done_cycle = 0, result = 0;
  bool started = false, done = false, complete = false, stopped = true;

  uint32_t noise() {
    stall_random = stall_random * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(stall_random >> 33);
  }
  bool stalls_input(unsigned port) {
    if (pattern == CYCLIC) return (cycle + port) % 3 == 0;
    return pattern == RANDOM && noise() % 100 < 40;
  }
  bool stalls_output(unsigned port) {
    if (pattern == CYCLIC) return (cycle + 2 * port) % 4 < 2;
    if (pattern == RANDOM) return noise() % 100 < 40;
    return pattern == SLOW_OUTPUT && noise() % 100 < 90;
  }

  static void prepare(rig_port &p) {
    p.count = 0;
    if (p.kind == RIG_SCALAR) p.value = random_word() & mask(p.width);
    if (p.kind == RIG_MEMORY)
      for (size_t i = 0; i < 1ull << p.address_bits; i++) set_word(p.words, p.width, i, random_word());
    if (p.kind == RIG_OUTPUT) memset(p.words, 0, RIG_ROOM_WORDS * 8);
  }

  // The RTL gets what the native call gets, before that changes it.
  void capture(unsigned i) {
    rig_port &p = k.port[i];
    side[i] = Side();
    if (p.kind != RIG_MEMORY && p.kind != RIG_INPUT && p.kind != RIG_OUTPUT) return;
    size_t n = p.kind == RIG_MEMORY ? 1ull << p.address_bits : RIG_ROOM_WORDS;
    const char *words = static_cast<const char *>(p.words);
    side[i].words.assign(words, words + n * (p.width / 8));
    if (p.kind == RIG_MEMORY) return;
    hls_stream_u64 *s = static_cast<hls_stream_u64 *>(p.stream);
    memset(s, 0, sizeof *s);
    s->ring.capacity_words = RIG_ROOM_WORDS;
    s->ring.tail = p.count;
    s->words = static_cast<uint64_t *>(p.words);
  }

  const hls_ring &ring(unsigned i) const { return static_cast<hls_stream_u64 *>(k.port[i].stream)->ring; }

  bool all_out() const {
    for (unsigned i = 0; i < k.nports; i++) {
      if (k.port[i].kind == RIG_INPUT && side[i].sent < ring(i).head) return false;
      if (k.port[i].kind == RIG_OUTPUT && side[i].received.size() < ring(i).tail) return false;
    }
    return true;
  }

  void complain(const std::string &what) {
    printf("  %s: %s, in round %u, %s\n", k.name, what.c_str(), round, pattern_names[pattern]);
    good = false;
  }

  void compare_output(unsigned i) {
    const rig_port &p = k.port[i];
    const std::vector<uint64_t> &got = side[i].received;
    const size_t expected = ring(i).tail;
    size_t at = 0;
    while (at < got.size() && at < expected && got[at] == word_at(p.words, p.width, at)) at++;
    if (at == expected && got.size() == expected) return;
    complain("stream " + std::to_string(i) + ": " + std::to_string(got.size()) + " words of " +
             std::to_string(expected) + ", first difference at " + std::to_string(at));
  }

  void compare() {
    for (unsigned i = 0; i < k.nports; i++) {
      const rig_port &p = k.port[i];
      if (p.kind == RIG_OUTPUT) compare_output(i);
      if ((p.kind == RIG_INPUT || p.kind == RIG_OUTPUT) && ring(i).faults)
        complain("the native call overran stream " + std::to_string(i));
      if (p.kind == RIG_INPUT && side[i].sent != ring(i).head)
        complain("stream " + std::to_string(i) + ": " + std::to_string(side[i].sent) + " words taken, natively " +
                 std::to_string(ring(i).head));
      if (p.kind == RIG_MEMORY)
        for (size_t e = 0; e < 1ull << p.address_bits; e++)
          if (word_at(p.words, p.width, e) != word_at(side[i].words.data(), p.width, e)) {
            complain("array " + std::to_string(i) + ": element " + std::to_string(e) + " differs");
            break;
          }
    }
    if (k.result_width && (result & mask(k.result_width)) != (k.result & mask(k.result_width)))
      complain("result " + std::to_string(result) + ", natively " + std::to_string(k.result));
  }

  void finish() {
    stopped = true;
    rounds_done++;
    if (k.returns && !done) complain("never done");
    if (!k.expect_check_failed) compare();
    if (top.check_failed[number] != k.expect_check_failed && (!k.expect_check_failed || round == PATTERNS - 1))
      complain("check_failed is " + std::to_string(top.check_failed[number]));
    if (pattern != NONE || !k.returns) return;
    if (k.latency_cycles && done_cycle != static_cast<uint64_t>(k.latency_cycles))
      complain(std::to_string(done_cycle) + " cycles, by the report " + std::to_string(k.latency_cycles));
    if (k.most_cycles && done_cycle > static_cast<uint64_t>(k.most_cycles))
      complain(std::to_string(done_cycle) + " cycles, more than " + std::to_string(k.most_cycles));
    cycles = done_cycle;
  }

public:
  uint64_t cycles = 0;
};

static bool chosen(const char *name, int argc, char **argv) {
  for (int i = 3; i < argc; i++)
    if (strcmp(argv[i], name) == 0) return true;
  return argc <= 3;
}

int main(int argc, char **argv) {
  const unsigned rounds = argc > 1 ? strtoul(argv[1], nullptr, 0) : 2 * PATTERNS;
  const uint64_t seed = argc > 2 ? strtoull(argv[2], nullptr, 0) : 1;
  auto context = std::make_unique<VerilatedContext>();
  auto top = std::make_unique<Vrig>(context.get());
  std::vector<std::unique_ptr<Bench>> benches;
  rig_fill_table();
  for (unsigned i = 0; i < rig_nkernels; i++)
    if (chosen(rig_kernels[i].name, argc, argv)) benches.push_back(std::make_unique<Bench>(*top, i));
  top->rst_n = 0;
  for (int i = 0; i < 8; i++) {
    top->clk = i & 1;
    top->eval();
  }
  top->rst_n = 1;
  for (bool busy = true; busy;) {
    busy = false;
    for (auto &b : benches)
      if (b->finished() && b->rounds_done < rounds && b->good) b->begin(b->rounds_done, seed);
    top->clk = 0;
    top->eval();
    for (auto &b : benches) b->drive();
    top->eval();
    for (auto &b : benches) b->sample();
    top->clk = 1;
    top->eval();
    for (auto &b : benches) {
      b->after_edge();
      busy |= !b->finished() || (b->good && b->rounds_done < rounds);
    }
  }
  unsigned failed = 0;
  for (auto &b : benches) {
    failed += !b->good;
    printf("[ %s ] %s: %u rounds", b->good ? "      OK" : "  FAILED", b->name(), b->rounds_done);
    printf(b->cycles ? ", %llu cycles\n" : "\n", static_cast<unsigned long long>(b->cycles));
  }
  printf("[  PASSED  ] %zu test(s).\n", benches.size() - failed);
  if (failed) printf("[  FAILED  ] %u test(s), seed %llu\n", failed, static_cast<unsigned long long>(seed));
  return failed != 0;
}
