/* config.h -- the build configurations ("presets") of the device: the one place for every size.
 *
 * C, HLS C, RTL parameters, reports and the ID block are all fed from here. A build chooses with
 * -DEDDY_PRESET=<number below>; nothing else varies between two devices.
 */
#ifndef EDDY_CONFIG_H
#define EDDY_CONFIG_H

#define EDDY_PRESET_SIM_SMALL 0    /* 8 lanes, 16-bit weights: the default */
#define EDDY_PRESET_SIM_SMALL_W8 1 /* 8 lanes, 8-bit weights */
#define EDDY_PRESET_UP5K 2         /* iCE40 UP5K: GRU, RNN and dense */
#define EDDY_PRESET_ECP5_25 3      /* ECP5-25F */
#define EDDY_PRESET_ECP5_85 4      /* ECP5-85F */
#define EDDY_PRESET_CARD 5         /* a card on PCIe */
#define EDDY_PRESET_SIM_32 6       /* 32 lanes, to measure */
#define EDDY_PRESET_SIM_80 7       /* 80 lanes, to measure: without peepholes, for latency */

/* X(number) for each preset that the host library carries for cpu: and sim: */
#define EDDY_PRESETS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

#ifndef EDDY_PRESET
#define EDDY_PRESET EDDY_PRESET_SIM_SMALL
#endif

/* What a preset may leave out to fit its part. */
#define FEATURE_LSTM 1     /* tanh of the cell state */
#define FEATURE_PEEPHOLE 2 /* a product of the cell state in every sum */
#define FEATURE_GRU 4      /* interpolation between candidate and state */
#define FEATURE_TOKEN 8    /* embedding, and the largest output as an answer */
#define FEATURE_COUNTERS                                                                           \
    16 /* what the lanes wait for, columns, rows, arguments beyond the curves */
#define ALL_FEATURES                                                                               \
    (FEATURE_LSTM | FEATURE_PEEPHOLE | FEATURE_GRU | FEATURE_TOKEN | FEATURE_COUNTERS)

/* How the datapath is cut into stages. */
#define PIPELINE_ICE40 1
#define PIPELINE_ECP5 2
#define PIPELINE_SHORT 3 /* ECP5: few stages at a slower clock */
#define PIPELINE_LONG 4  /* ECP5: many stages, for wires to lanes far apart */
#define PIPELINE_UP5K                                                                              \
    5 /* iCE40: a row of the drain takes several iterations, without a pipeline of its own */

/* PIPELINE      one of the above
 * LANES         rows of a block, multipliers of the array: 4 to 128
 * DRAINS        rows that the drain takes at a time: 1 or 4, divides LANES
 * WEIGHT_BITS   8 or 16
 * WEIGHT_WORDS  columns of LANES weights on chip
 * ROWS          row constants on chip
 * STATE_ROWS    outputs of all layers of one stream
 * INPUT_ROWS    elements of x_t
 * STREAMS       independent states kept side by side: 1 to 8
 * DESCRIPTORS   segments, drains and passes of a program (descriptor.h)
 * PASSES        passes of a program
 * All but PIPELINE, LANES, DRAINS and WEIGHT_BITS are powers of two. */
#if EDDY_PRESET == EDDY_PRESET_SIM_SMALL
#define EDDY_PRESET_NAME "sim-small"
#define PIPELINE PIPELINE_ICE40
#define LANES 8
#define DRAINS 1
#define WEIGHT_BITS 16
#define WEIGHT_WORDS 16384
#define ROWS 4096
#define STATE_ROWS 1024
#define INPUT_ROWS 512
#define STREAMS 8
#define DESCRIPTORS 2048
#define PASSES 16
#define FEATURES ALL_FEATURES
#elif EDDY_PRESET == EDDY_PRESET_SIM_SMALL_W8
#define EDDY_PRESET_NAME "sim-small-w8"
#define PIPELINE PIPELINE_ICE40
#define LANES 8
#define DRAINS 1
#define WEIGHT_BITS 8
#define WEIGHT_WORDS 16384
#define ROWS 4096
#define STATE_ROWS 1024
#define INPUT_ROWS 512
#define STREAMS 8
#define DESCRIPTORS 2048
#define PASSES 16
#define FEATURES ALL_FEATURES
#elif EDDY_PRESET == EDDY_PRESET_UP5K
#define EDDY_PRESET_NAME "up5k"
#define PIPELINE PIPELINE_UP5K
#define LANES 4
#define DRAINS 1
#define WEIGHT_BITS 8
#define WEIGHT_WORDS 16384
#define ROWS 512
#define STATE_ROWS 256
#define INPUT_ROWS 256
#define STREAMS 1
#define DESCRIPTORS 256
#define PASSES 4
#define FEATURES FEATURE_GRU
#elif EDDY_PRESET == EDDY_PRESET_ECP5_25
#define EDDY_PRESET_NAME "ecp5-25"
#define PIPELINE PIPELINE_ECP5
#define LANES 16
#define DRAINS 1
#define WEIGHT_BITS 8
#define WEIGHT_WORDS 4096
#define ROWS 1024
#define STATE_ROWS 512
#define INPUT_ROWS 256
#define STREAMS 4
#define DESCRIPTORS 512
#define PASSES 8
#define FEATURES ALL_FEATURES
#elif EDDY_PRESET == EDDY_PRESET_ECP5_85
#define EDDY_PRESET_NAME "ecp5-85"
#define PIPELINE PIPELINE_LONG
#define LANES 64
#define DRAINS 4
#define WEIGHT_BITS 8
#define WEIGHT_WORDS 4096
#define ROWS 4096
#define STATE_ROWS 1024
#define INPUT_ROWS 512
#define STREAMS 8
#define DESCRIPTORS 2048
#define PASSES 16
#define FEATURES ALL_FEATURES
#elif EDDY_PRESET == EDDY_PRESET_CARD
#define EDDY_PRESET_NAME "card"
#define PIPELINE PIPELINE_ECP5
#define LANES 64
#define DRAINS 4
#define WEIGHT_BITS 16
#define WEIGHT_WORDS 16384
#define ROWS 4096
#define STATE_ROWS 1024
#define INPUT_ROWS 512
#define STREAMS 8
#define DESCRIPTORS 2048
#define PASSES 16
#define FEATURES ALL_FEATURES
#elif EDDY_PRESET == EDDY_PRESET_SIM_32
#define EDDY_PRESET_NAME "sim-32"
#define PIPELINE PIPELINE_ECP5
#define LANES 32
#define DRAINS 4
#define WEIGHT_BITS 16
#define WEIGHT_WORDS 8192
#define ROWS 4096
#define STATE_ROWS 1024
#define INPUT_ROWS 512
#define STREAMS 8
#define DESCRIPTORS 2048
#define PASSES 16
#define FEATURES ALL_FEATURES
#elif EDDY_PRESET == EDDY_PRESET_SIM_80
#define EDDY_PRESET_NAME "sim-80"
#define PIPELINE PIPELINE_SHORT
#define LANES 80
#define DRAINS 4
#define WEIGHT_BITS 16
#define WEIGHT_WORDS 4096
#define ROWS 4096
#define STATE_ROWS 1024
#define INPUT_ROWS 512
#define STREAMS 8
#define DESCRIPTORS 2048
#define PASSES 16
#define FEATURES (FEATURE_LSTM | FEATURE_GRU | FEATURE_COUNTERS)
#else
#error "EDDY_PRESET: unknown preset; see config.h"
#endif

/* A sum has at most INPUT_ROWS + STATE_ROWS products of |w| <= 2^(WEIGHT_BITS-1) and |v| <= 2^15, a 32-bit bias and a
 * peephole product of 2^30; with its sign it has SUM_BITS. */
#define SUM_BITS (WEIGHT_BITS == 8 ? 35 : 42)
#define SUM_MOST                                                                                   \
    (((INPUT_ROWS + STATE_ROWS + 0ULL) << (WEIGHT_BITS + 14)) + (1ULL << 31) + (1ULL << 30))
#if SUM_MOST >= 1ULL << (SUM_BITS - 1)
#error "SUM_BITS: a sum can be larger"
#endif
/* What a lane adds has no bias, and |w| < 2^(WEIGHT_BITS-1) as the host rounds them. */
#define LANE_BITS (INPUT_ROWS + STATE_ROWS <= 512 ? WEIGHT_BITS + 24 : SUM_BITS)

/* How each process becomes RTL: as a pipeline and states, or, slow and small, as the program of a sequencer. */
#if EDDY_PRESET == EDDY_PRESET_UP5K
#define HLS_OPTIONS_control --sequencer
#else
#define HLS_OPTIONS_control
#endif
#define HLS_OPTIONS_steps
#define HLS_OPTIONS_datapath
#define HLS_OPTIONS_results

/* For which family and period the compiler schedules, and what its schedules need: the iterations from a store to the
 * earliest load of an element. It refuses a number that is too small. */
#if PIPELINE == PIPELINE_ICE40
#define HLS_FAMILY ice40
#define HLS_CLOCK_NS 30
#define STATE_DISTANCE 17 /* state, gated: a column's element to an output */
#define CARRY_DISTANCE 17 /* carry: what is added before the activation */
#define CELL_DISTANCE 17  /* cell: its tanh, its peephole */
#define FACTOR_DISTANCE 5 /* first, second: after the activation */
#define DRAIN_STEPS 1     /* iterations that a row spends in the drain */
#elif PIPELINE == PIPELINE_UP5K
#define HLS_FAMILY ice40
#define HLS_CLOCK_NS 38
#define STATE_DISTANCE 0 /* what a row waits for at its end is enough */
#define CARRY_DISTANCE 1 /* these three in rows */
#define CELL_DISTANCE 1
#define FACTOR_DISTANCE 1
#define DRAIN_DISTANCE 4 /* iterations around those of a row in which its registers do not change */
#define DRAIN_STEPS (3 * DRAIN_DISTANCE + 9) /* see datapath.c */
#elif PIPELINE == PIPELINE_ECP5
#define HLS_FAMILY ecp5
#define HLS_CLOCK_NS 16.6
#define STATE_DISTANCE                                                                             \
    (DRAINS == 1 ? 13 : 14) /* rows side by side are compared: the largest output */
#define CARRY_DISTANCE STATE_DISTANCE
#define CELL_DISTANCE STATE_DISTANCE
#define FACTOR_DISTANCE (DRAINS == 1 ? 5 : 6)
#define DRAIN_STEPS 1
#elif PIPELINE == PIPELINE_LONG
#define HLS_FAMILY ecp5
#define HLS_CLOCK_NS 12.6
#define STATE_DISTANCE 20
#define CARRY_DISTANCE 20
#define CELL_DISTANCE 20
#define FACTOR_DISTANCE 7
#define DRAIN_STEPS 1
#else
#define HLS_FAMILY ecp5
#define HLS_CLOCK_NS 28.6
#define STATE_DISTANCE 7
#define CARRY_DISTANCE 6
#define CELL_DISTANCE 5
#define FACTOR_DISTANCE 3
#define DRAIN_STEPS 1
#endif
#ifndef DRAIN_DISTANCE
#define DRAIN_DISTANCE 1
#endif
#if DRAIN_STEPS > 1 && FEATURES & FEATURE_PEEPHOLE
#error "DRAIN_STEPS: peepholes need the cell in two steps of a row"
#endif

#endif
