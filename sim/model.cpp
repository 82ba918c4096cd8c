// model.cpp -- clocks a Verilated eddy_core. Compiled once for each preset, with -DEDDY_PRESET=number and
// -DSIM_CLASS=the Verilated class, -DSIM_HEADER=its header.
#include "sim.h"

#include "../hls/packet.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <new>
#include <verilated.h>
#include <verilated_fst_c.h>

#include SIM_HEADER

namespace {

// Pauses of one port.
class Stall {
public:
    Stall(sim_stall kind, uint64_t seed, unsigned period) : kind_(kind), state_(seed), period_(period) {}

    bool next()
    {
        switch (kind_) {
        case SIM_STALL_CYCLIC: return ++count_ % period_ == 0;
        case SIM_STALL_RANDOM: return random() % 3 == 0;
        case SIM_STALL_BURST: return burst();
        default: return false;
        }
    }

private:
    // Alternates between stretches of pause and of flow, each of 1 to 500 cycles.
    bool burst()
    {
        if (left_ == 0) {
            left_ = 1 + random() % 500;
            pausing_ = !pausing_;
        }
        left_--;
        return pausing_;
    }

    // splitmix64
    uint64_t random()
    {
        uint64_t z = state_ += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

    sim_stall kind_;
    uint64_t state_;
    unsigned period_, count_ = 0, left_ = 0;
    bool pausing_ = false;
};

// When the latest words went through a port.
class Log {
public:
    void note(uint64_t cycle) { cycles_[words_++ % cycles_.size()] = cycle; }
    uint64_t ago(size_t words) const { return cycles_[(words_ - 1 - words) % cycles_.size()]; }

private:
    std::array<uint64_t, SIM_LOGGED_WORDS> cycles_{};
    uint64_t words_ = 0;
};

// The time that an action takes, on average over samples; those in which something else had the processor are left out.
class Meter {
public:
    Meter()
    {
        for (int n = 0; n < 100; n++) {
            const uint64_t begin = now_ns();
            empty_ns_ = std::min(empty_ns_, now_ns() - begin);
        }
    }

    template <class Action> void measure(Action action)
    {
        const uint64_t begin = now_ns();
        action();
        const uint64_t took = now_ns() - begin;
        if (samples_ > 16 && took > 8 * total_ns_ / samples_)
            return;
        total_ns_ += took;
        samples_++;
    }

    uint64_t mean_of(uint64_t actions) const
    {
        return samples_ ? (total_ns_ / samples_ - std::min(empty_ns_, total_ns_ / samples_)) * actions : 0;
    }

private:
    static uint64_t now_ns()
    {
        timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return uint64_t(now.tv_sec) * 1000000000u + uint64_t(now.tv_nsec);
    }

    uint64_t samples_ = 0, total_ns_ = 0, empty_ns_ = UINT64_MAX;
};

// In the unnamed namespace, since every preset has one of its own.
class Device {
public:
    explicit Device(const sim_options &options)
        : top{&context, "eddy"}, command_stall{options.stall, options.seed * 2 + 1, 3},
          result_stall{options.stall, options.seed * 2 + 2, 5}, late{options.stall == SIM_STALL_LATE}
    {
        if (options.trace_path) {
            context.traceEverOn(true);
            trace = std::make_unique<VerilatedFstC>();
            top.trace(trace.get(), 99);
            trace->open(options.trace_path);
        }
        top.rst_n = 0;
        for (int n = 0; n < 4; n++) {
            settle();
            rise();
        }
        top.rst_n = 1;
    }

    ~Device()
    {
        if (trace)
            trace->close();
        top.final();
    }

    void settle()
    {
        top.clk = 0;
        evaluate();
        if (trace)
            trace->dump(2 * cycles);
    }

    void rise()
    {
        top.clk = 1;
        evaluate();
        if (trace)
            trace->dump(2 * cycles + 1);
        cycles++;
    }

    void evaluate()
    {
        if (cycles % SIM_SAMPLE == 0)
            meter.measure([this] { top.eval(); });
        else
            top.eval();
    }

    VerilatedContext context;
    SIM_CLASS top;
    std::unique_ptr<VerilatedFstC> trace;
    Stall command_stall, result_stall;
    bool late;
    Log taken, given;
    Meter meter;
    uint64_t cycles = 0;
};

Device *device_of(sim *handle)
{
    return reinterpret_cast<Device *>(handle);
}

} // namespace

static sim *sim_open(const sim_options *options)
{
    try {
        return reinterpret_cast<sim *>(new Device(*options));
    } catch (const std::bad_alloc &) {
        return nullptr;
    }
}

static void sim_close(sim *handle)
{
    delete device_of(handle);
}

static int sim_transfer(sim *handle, const uint16_t *send, size_t send_words, size_t *sent,
                        uint16_t *receive, size_t receive_words, size_t *received)
{
    Device *sim = device_of(handle);
    auto &top = sim->top;
    *sent = *received = 0;
    unsigned resting = 0; // cycles
    for (unsigned silent = 0; silent < SIM_SILENT_CYCLES; silent++) {
        if (*received == receive_words && (receive_words || *sent == send_words))
            break;
        const bool waits = sim->late && *sent == PACKET_HEADER_WORDS && resting < SIM_WAITING_CYCLES;
        top.s_axis_commands_tvalid = *sent < send_words && !waits && !sim->command_stall.next();
        if (*sent < send_words)
            top.s_axis_commands_tdata = send[*sent];
        top.m_axis_results_tready = *received < receive_words && !sim->result_stall.next();
        sim->settle();
        if (top.s_axis_commands_tvalid && top.s_axis_commands_tready) {
            ++*sent;
            sim->taken.note(sim->cycles);
            silent = 0;
        }
        if (top.m_axis_results_tvalid && top.m_axis_results_tready) {
            receive[(*received)++] = top.m_axis_results_tdata;
            sim->given.note(sim->cycles);
            silent = 0;
        }
        if (top.active)
            silent = 0;
        resting = top.active ? 0 : resting + 1;
        sim->rise();
        top.s_axis_commands_tvalid = 0;
        top.m_axis_results_tready = 0;
    }
    if (sim->trace)
        sim->trace->flush();
    return top.check_failed ? -1 : 0;
}

static void sim_tell(const sim *handle, size_t taken_ago, size_t given_ago, sim_figures *figures)
{
    const auto *device = reinterpret_cast<const Device *>(handle);
    *figures = {device->cycles, device->meter.mean_of(2 * device->cycles), device->taken.ago(taken_ago), device->given.ago(given_ago)};
}

extern "C" const sim_model EDDY_SIM_NAME(EDDY_PRESET);
const sim_model EDDY_SIM_NAME(EDDY_PRESET) = {sim_open, sim_close, sim_transfer, sim_tell};
