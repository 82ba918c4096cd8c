// board.cpp -- clocks a Verilated eddy_usb.
#include "board.h"

#include <memory>
#include <new>
#include <verilated.h>
#include <verilated_fst_c.h>

#include "Veddy_usb.h"

struct board {
    explicit board(const board_options &options)
        : top{&context, "board"}, engine_khz{options.engine_khz ? options.engine_khz : 24000}
    {
        if (options.trace_path) {
            context.traceEverOn(true);
            trace = std::make_unique<VerilatedFstC>();
            top.trace(trace.get(), 99);
            trace->open(options.trace_path);
        }
        top.serial_i = options.serial;
        top.rst_n = 0;
        unsigned line = LINE_J;
        for (int n = 0; n < 32; n++)
            clock(line);
        top.rst_n = 1;
    }

    ~board()
    {
        if (trace)
            trace->close();
        top.final();
    }

    void eval()
    {
        top.eval();
        if (trace)
            trace->dump(time++);
    }

    // The engine's cycles between two of the bus, at the rate of its clock.
    void clock_engine()
    {
        for (engine_phase += engine_khz; engine_phase >= 48000; engine_phase -= 48000) {
            top.engine_clk = 1;
            eval();
            top.engine_clk = 0;
            eval();
        }
    }

    bool clock(unsigned &line)
    {
        top.dp_i = line & LINE_DP;
        top.dm_i = line >> 1;
        clock_engine();
        top.clk = 1;
        eval();
        top.clk = 0;
        eval();
        if (top.oe_o)
            line = (top.dp_o ? LINE_DP : 0) | (top.dm_o ? LINE_DM : 0);
        return top.oe_o;
    }

    VerilatedContext context;
    Veddy_usb top;
    std::unique_ptr<VerilatedFstC> trace;
    unsigned engine_khz, engine_phase = 0;
    uint64_t time = 0;
};

extern "C" {
board *board_open(const board_options *options)
{
    return new (std::nothrow) board(*options);
}

void board_close(board *board)
{
    delete board;
}

bool board_clock(board *board, unsigned *line)
{
    return board->clock(*line);
}

bool board_suspended(const board *board)
{
    return board->top.suspended_o;
}

bool board_configured(const board *board)
{
    return board->top.configured_o;
}

bool board_failed(const board *board)
{
    return board->top.check_failed;
}
}
