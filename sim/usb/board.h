/* board.h -- the Verilated board: what is on the two wires of its USB connector, clock by clock. */
#ifndef EDDY_SIM_USB_BOARD_H
#define EDDY_SIM_USB_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The state of a line pair. */
enum { LINE_DP = 1, LINE_DM = 2, LINE_SE0 = 0, LINE_J = LINE_DP, LINE_K = LINE_DM };
#define BOARD_CLOCK_HZ 48000000

struct board_options {
    uint32_t serial;
    unsigned engine_khz;    /* 0: 24000 */
    const char *trace_path; /* an FST waveform, or NULL */
};

struct board;

/* Returns NULL without memory. The board comes out of reset. */
struct board *board_open(const struct board_options *options);
void board_close(struct board *board);
/* One cycle of 48 MHz with `line` from the host. Returns whether the board drives the wires, to *line. */
bool board_clock(struct board *board, unsigned *line);
bool board_suspended(const struct board *board);
bool board_configured(const struct board *board);
/* Whether the RTL found a broken promise of the HLS C. */
bool board_failed(const struct board *board);

#ifdef __cplusplus
}
#endif
#endif
