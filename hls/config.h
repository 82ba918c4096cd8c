/* config.h -- the build configurations ("presets") of the device: the one place for every size.
 *
 * C, HLS C, RTL parameters, reports and the ID block are all fed from here. A build chooses with
 * -DEDDY_PRESET=<number below>; nothing else varies between two devices.
 */
#ifndef EDDY_CONFIG_H
#define EDDY_CONFIG_H

#define EDDY_PRESET_SIM_SMALL 0    /* 8 lanes, 16-bit weights: the default */
#define EDDY_PRESET_SIM_SMALL_W8 1 /* 8 lanes, 8-bit weights */

/* X(number) for each preset that the host library carries for cpu: and sim: */
#define EDDY_PRESETS(X) X(0) X(1)

#ifndef EDDY_PRESET
#define EDDY_PRESET EDDY_PRESET_SIM_SMALL
#endif

/* What a preset may leave out to fit its part. */
#define FEATURE_LSTM 1     /* tanh of the cell state */
#define FEATURE_PEEPHOLE 2 /* a product of the cell state in every sum */
#define FEATURE_GRU 4      /* interpolation between candidate and state */
#define FEATURE_TOKEN 8    /* embedding, and the largest output as an answer */

#if EDDY_PRESET == EDDY_PRESET_SIM_SMALL
#define EDDY_PRESET_NAME "sim-small"
#define LANES 8            /* rows of a block, multipliers of the array: 4 to 128 */
#define DRAINS 1           /* rows that the drain takes at a time: 1 or 4, divides LANES */
#define WEIGHT_BITS 16     /* 8 or 16 */
#define WEIGHT_WORDS 16384 /* columns of LANES weights on chip: a power of two */
#define ROWS 4096          /* row constants on chip: a power of two */
#define STATE_ROWS 1024    /* outputs of all layers of one stream: a power of two */
#define INPUT_ROWS 512     /* elements of x_t: a power of two */
#define STREAMS 8          /* independent states kept side by side: a power of two */
#define GROUPS 64          /* row groups of a program: a power of two */
#define PASSES 16          /* passes of a program: a power of two */
#define FEATURES (FEATURE_LSTM | FEATURE_PEEPHOLE | FEATURE_GRU | FEATURE_TOKEN)
#elif EDDY_PRESET == EDDY_PRESET_SIM_SMALL_W8
#define EDDY_PRESET_NAME "sim-small-w8"
#define LANES 8
#define DRAINS 1
#define WEIGHT_BITS 8
#define WEIGHT_WORDS 16384
#define ROWS 4096
#define STATE_ROWS 1024
#define INPUT_ROWS 512
#define STREAMS 8
#define GROUPS 64
#define PASSES 16
#define FEATURES (FEATURE_LSTM | FEATURE_PEEPHOLE | FEATURE_GRU | FEATURE_TOKEN)
#else
#error "EDDY_PRESET: unknown preset; see config.h"
#endif

/* A sum has at most INPUT_ROWS + STATE_ROWS products of |w| <= 2^(WEIGHT_BITS-1) and |v| <= 2^15, a
 * 32-bit bias and a peephole product of 2^30: |sum| <= 1536 * 2^(WEIGHT_BITS+14) + 2^31 + 2^30 < 2^(WEIGHT_BITS+14+11), so
 * WEIGHT_BITS + 26 bits hold it with its sign, for WEIGHT_BITS >= 8. */
#define SUM_BITS (WEIGHT_BITS + 26)
#if INPUT_ROWS + STATE_ROWS > 1536
#error "SUM_BITS: the proof above covers 1536 columns"
#endif

/* Iterations from a store to its earliest load: what the pipeline needs. The compiler checks them
 * against its schedule of the datapath and refuses a number that is too small. */
#define STATE_DISTANCE 15 /* outputs of the layers */
#define GATE_DISTANCE 15  /* gates, cell state */

#endif
