// card.cpp -- clocks the Verilated card (xrt_card.sv) against a model of device memory. Compiled with
// -DSIM_CLASS=the Verilated class, -DSIM_HEADER=its header and -DDATA_BITS=the width of the memory port.
#include "card.h"

#include "sim.h"

#include <cstdlib>
#include <cstring>
#include <deque>
#include <new>
#include <type_traits>
#include <verilated.h>

#include SIM_HEADER

namespace
{

constexpr unsigned beat_bytes = DATA_BITS / 8;
constexpr unsigned response_cycles = 4096;
constexpr uint8_t okay = 0, slave_error = 2, decode_error = 3;

struct Burst {
    uint64_t address, ready_cycle;
    unsigned beats;
};

struct WriteBeat {
    uint64_t data;
    unsigned strobe;
};

class Memory
{
  public:
    explicit Memory(const card_options &o)
        : options(o), state(o.seed), bytes(static_cast<uint8_t *>(calloc(1, CARD_MEMORY_BYTES)))
    {
    }
    ~Memory()
    {
        free(bytes);
    }
    Memory(const Memory &) = delete;

    void reset()
    {
        reads.clear();
        writes.clear();
        data.clear();
        answers.clear();
    }

    bool pauses()
    {
        return options.pause_percent && random() % 100 < options.pause_percent;
    }

    uint64_t answer_cycle(uint64_t now)
    {
        return now + options.latency_min +
               random() % (options.latency_max - options.latency_min + 1);
    }

    uint8_t response(uint64_t address) const
    {
        if (address >= CARD_MEMORY_BYTES)
            return decode_error;
        return address >= options.bad_from && address < options.bad_to ? slave_error : okay;
    }

    uint64_t read(uint64_t address) const
    {
        uint64_t value = 0;
        if (address < CARD_MEMORY_BYTES)
            memcpy(&value, bytes + address, beat_bytes);
        return value;
    }

    void write(uint64_t address, const WriteBeat &beat)
    {
        for (unsigned n = 0; n < beat_bytes && response(address) == okay; n++)
            if (beat.strobe >> n & 1)
                bytes[address + n] = static_cast<uint8_t>(beat.data >> (8 * n));
    }

    // A burst reaches the memory as its answer leaves: words that are read before were counted too early.
    uint8_t commit(const Burst &burst)
    {
        uint8_t worst = okay;
        for (unsigned n = 0; n < burst.beats; n++, data.pop_front()) {
            write(burst.address + n * beat_bytes, data.front());
            worst = worst ? worst : response(burst.address + n * beat_bytes);
        }
        return worst;
    }

    const card_options options;
    uint64_t state;
    uint8_t *const bytes;
    std::deque<Burst> reads, writes, answers;
    std::deque<WriteBeat> data;

  private:
    // splitmix64
    uint64_t random()
    {
        uint64_t z = state += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
};

} // namespace

struct card {
    explicit card(const card_options &options) : memory(options), top{&context, "card"}
    {
    }

    VerilatedContext context;
    Memory memory;
    SIM_CLASS top;
    uint64_t cycles = 0, active_cycle = 0;
    unsigned read_beat = 0, written_beats = 0;
    // An access to s_axi_control: what has not been sent, and the answers that are not there.
    bool send_aw = false, send_w = false, send_ar = false, await_b = false, await_r = false;
    uint32_t read_data = 0;

    void reset()
    {
        memory.reset();
        read_beat = written_beats = 0;
        send_aw = send_w = send_ar = await_b = await_r = false;
        top.s_awvalid = top.s_wvalid = top.s_bready = top.s_arvalid = top.s_rready = 0;
        top.m_rvalid = top.m_bvalid = top.m_awready = top.m_wready = top.m_arready = 0;
        top.ap_rst_n = 0;
        for (int n = 0; n < 8; n++)
            edge();
        top.ap_rst_n = 1;
        // Nobody may send in the first cycle.
        edge();
        active_cycle = cycles;
    }

    void edge()
    {
        top.ap_clk = 0;
        top.eval();
        top.ap_clk = 1;
        top.eval();
        cycles++;
    }

    void begin_write(uint32_t offset, uint32_t value)
    {
        top.s_awaddr = offset & 0xfff;
        top.s_wdata = value;
        send_aw = send_w = await_b = true;
    }

    void begin_read(uint32_t offset)
    {
        top.s_araddr = offset & 0xfff;
        send_ar = await_r = true;
    }

    // Runs the clock until what was begun is answered; with pauses on each channel where the memory has them. False: not within n_cycles.
    bool access(unsigned n_cycles)
    {
        for (; n_cycles && (await_b || await_r); n_cycles--) {
            top.s_awvalid = top.s_awvalid || (send_aw && !memory.pauses());
            top.s_wvalid = top.s_wvalid || (send_w && !memory.pauses());
            top.s_arvalid = top.s_arvalid || (send_ar && !memory.pauses());
            top.s_bready = await_b && !memory.pauses();
            top.s_rready = await_r && !memory.pauses();
            top.ap_clk = 0;
            top.eval();
            const bool aw = top.s_awvalid && top.s_awready, w = top.s_wvalid && top.s_wready;
            const bool ar = top.s_arvalid && top.s_arready;
            await_b = await_b && !(top.s_bvalid && top.s_bready);
            if (top.s_rvalid && top.s_rready) {
                read_data = top.s_rdata;
                await_r = false;
            }
            step();
            if (aw)
                top.s_awvalid = send_aw = false;
            if (w)
                top.s_wvalid = send_w = false;
            if (ar)
                top.s_arvalid = send_ar = false;
        }
        top.s_bready = top.s_rready = 0;
        active_cycle = cycles;
        return !await_b && !await_r;
    }

    // What the memory offers on R and B, once it is there, stays until it is taken.
    void offer()
    {
        top.m_arready = !memory.pauses();
        top.m_awready = !memory.pauses();
        top.m_wready = !memory.pauses();
        if (!top.m_rvalid && !memory.reads.empty() && memory.reads.front().ready_cycle <= cycles &&
            !memory.pauses()) {
            const Burst &burst = memory.reads.front();
            const uint64_t address = burst.address + read_beat * beat_bytes;
            top.m_rvalid = 1;
            top.m_rdata = static_cast<std::decay_t<decltype(top.m_rdata)>>(memory.read(address));
            top.m_rresp = memory.response(address);
            top.m_rlast = read_beat + 1 == burst.beats;
        }
        if (!top.m_bvalid && !memory.answers.empty() &&
            memory.answers.front().ready_cycle <= cycles && !memory.pauses()) {
            top.m_bvalid = 1;
            top.m_bresp = memory.commit(memory.answers.front());
            memory.answers.pop_front();
        }
    }

    void step()
    {
        offer();
        top.ap_clk = 0;
        top.eval();
        const bool ar = top.m_arvalid && top.m_arready, r = top.m_rvalid && top.m_rready;
        const bool aw = top.m_awvalid && top.m_awready, w = top.m_wvalid && top.m_wready;
        const bool b = top.m_bvalid && top.m_bready;
        if (ar)
            memory.reads.push_back({top.m_araddr, memory.answer_cycle(cycles), top.m_arlen + 1u});
        if (aw)
            memory.writes.push_back({top.m_awaddr, 0, top.m_awlen + 1u});
        if (w) {
            memory.data.push_back({top.m_wdata, top.m_wstrb});
            written_beats++;
        }
        if (!memory.writes.empty() && written_beats >= memory.writes.front().beats) {
            Burst burst = memory.writes.front();
            memory.writes.pop_front();
            written_beats -= burst.beats;
            burst.ready_cycle = memory.answer_cycle(cycles);
            memory.answers.push_back(burst);
        }
        if (r && top.m_rlast) {
            memory.reads.pop_front();
            read_beat = 0;
        } else if (r) {
            read_beat++;
        }
        if (ar || r || aw || w || b)
            active_cycle = cycles;
        top.ap_clk = 1;
        top.eval();
        cycles++;
        if (r)
            top.m_rvalid = 0;
        if (b)
            top.m_bvalid = 0;
    }
};

extern "C" struct card *card_open(const struct card_options *options)
{
    card *c = new (std::nothrow) card(*options);
    if (c && !c->memory.bytes) {
        delete c;
        c = nullptr;
    }
    if (c)
        c->reset();
    return c;
}

extern "C" void card_close(struct card *card)
{
    delete card;
}

extern "C" void card_reset(struct card *card)
{
    card->reset();
}

extern "C" uint8_t *card_memory(struct card *card)
{
    return card->memory.bytes;
}

extern "C" bool card_write(struct card *card, uint32_t offset, uint32_t value)
{
    card->begin_write(offset, value);
    return card->access(response_cycles);
}

extern "C" bool card_read(struct card *card, uint32_t offset, uint32_t *value)
{
    card->begin_read(offset);
    const bool answered = card->access(response_cycles);
    *value = card->read_data;
    return answered;
}

extern "C" bool card_write_and_read(struct card *card, uint32_t write_offset, uint32_t value,
                                    uint32_t read_offset, uint32_t *read, unsigned n_cycles)
{
    card->begin_write(write_offset, value);
    card->begin_read(read_offset);
    const bool answered = card->access(n_cycles);
    *read = card->read_data;
    return answered;
}

extern "C" bool card_run(struct card *card, unsigned n_cycles)
{
    while (n_cycles-- && card->cycles - card->active_cycle < SIM_SILENT_CYCLES)
        card->step();
    return card->cycles - card->active_cycle < SIM_SILENT_CYCLES;
}

extern "C" uint32_t card_broken(const struct card *card)
{
    return card->top.broken;
}
