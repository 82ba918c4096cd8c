/* hls.h -- the vocabulary of Eddy's HLS C.
 *
 * One source, three readings:
 *   __HLSC__            clang in front of hlsc: markers stay in the program as calls and annotations
 *   __SYNTHESIS__       Vitis HLS (C++): the same names become hls::stream calls and HLS pragmas
 *   neither             native C: streams are the rings of hls_native.h, markers vanish
 *
 * Streams carry unsigned words of 16, 32 or 64 bits, one word a transfer:
 *   hls_read(s)         the next word; waits for it
 *   hls_empty(s)        true when no word waits
 *   hls_write(s, v)     append a word; waits for room
 *   hls_more(s)         the loop condition of a process: for ever in hardware, natively "a word waits"
 *
 * Directives:
 *   HLS_PROCESS             before a process (a top function); natively it stays private to its file
 *   HLS_PIPELINE(ii)        first statement of a loop body: start an iteration every ii cycles
 *   HLS_FLATTEN             first statement of the outermost body of a nest: the nest becomes one pipelined loop
 *   HLS_UNROLL              before a counted loop: replicate its body
 *   HLS_PARTITION(dim)      after an array's declarator: one bank for each index of dimension dim (1 = outermost)
 *   HLS_SIZE(n)             in an array parameter: x[HLS_SIZE(64)] has at least 64 elements
 *   HLS_REGISTERS           after an array's declarator: every element a register
 *   HLS_SINGLE_PORT         after an array's declarator: loads and stores share one address, and no loop has both. SPRAM
 *                           where the family has it
 *   HLS_DISTANCE(array, n)  inside a pipelined loop, a promise: an element stored in one iteration is
 *                           loaded at the earliest n iterations later. Checked against the schedule, and in simulation.
 *
 * Values:
 *   hls_wrap(v, bits)   v reduced to a signed two's complement number of that many bits
 *   hls_any()           a number that nothing depends on: whatever costs least in hardware, natively 0
 *   hls_steady(v, n, c) v, a variable of a pipelined loop, with a promise: whenever c holds and the result matters, v is
 *                       the same in the n iterations before and after. It is then read wherever it is used, without
 *                       registers of its own. Checked against the schedule, and in simulation.
 *   hls_clock()         in hardware the cycles since reset or since the last hls_clock_start(), modulo 2^32; natively 0
 */
#ifndef HLS_H
#define HLS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HLS_STRING_(x) #x
#define HLS_STRING(x) HLS_STRING_(x)

#ifdef __cplusplus
#define HLS_SIZE(n) n
#else
#define HLS_SIZE(n) static n
#endif

#if defined(__SYNTHESIS__)
#include <hls_stream.h>
typedef hls::stream<uint16_t> hls_stream_u16;
typedef hls::stream<uint32_t> hls_stream_u32;
typedef hls::stream<uint64_t> hls_stream_u64;
#define hls_read(s) ((s)->read())
#define hls_empty(s) ((s)->empty())
#define hls_write(s, v) ((s)->write(v))
#define hls_more(s) true
#define hls_any() 0
#define hls_steady(v, n, c) (v)
#define hls_clock() 0u
#define hls_clock_start() ((void)0)
#define HLS_PROCESS
#define HLS_PIPELINE(ii) _Pragma(HLS_STRING(HLS pipeline II = ii))
#define HLS_FLATTEN _Pragma("HLS loop_flatten")
#define HLS_UNROLL _Pragma("HLS unroll")
#define HLS_PARTITION(dim)
#define HLS_REGISTERS
#define HLS_SINGLE_PORT
#define HLS_DISTANCE(array, n)                                                                     \
    _Pragma(HLS_STRING(HLS dependence variable = array inter RAW distance = n))
#else
typedef struct hls_stream_u16 hls_stream_u16;
typedef struct hls_stream_u32 hls_stream_u32;
typedef struct hls_stream_u64 hls_stream_u64;
#if defined(__HLSC__)
#define HLS_PROCESS
#define HLS_PIPELINE(ii) __hls_pipeline(ii)
#define HLS_FLATTEN __hls_flatten()
#define HLS_UNROLL _Pragma("clang loop unroll(full)")
#define HLS_PARTITION(dim) __attribute__((annotate("hls.partition=" HLS_STRING(dim))))
#define HLS_REGISTERS __attribute__((annotate("hls.registers")))
#define HLS_SINGLE_PORT __attribute__((annotate("hls.single_port")))
#define HLS_DISTANCE(array, n) __hls_distance((const void *)(array), n)
#define hls_more(s) true
#define hls_any() __hls_any()
#define hls_steady(v, n, c) __hls_steady(v, n, c)
#define hls_clock() __hls_clock()
#define hls_clock_start() __hls_clock_start()
/* They have as many bits as the machine likes, 16 or 32 or 64. */
#define HLS_UNAVAILABLE(type)                                                                      \
    typedef type type __attribute__((unavailable("use a type of stdint.h that names its bits")))
HLS_UNAVAILABLE(int_fast16_t);
HLS_UNAVAILABLE(int_fast32_t);
HLS_UNAVAILABLE(uint_fast16_t);
HLS_UNAVAILABLE(uint_fast32_t);
void __hls_pipeline(int ii);
void __hls_flatten(void);
void __hls_distance(const void *array, int n);
int64_t __hls_any(void);
int64_t __hls_steady(int64_t v, int n, bool c);
uint32_t __hls_clock(void);
void __hls_clock_start(void);
#define HLS_STREAM_CALLS(width)                                                                    \
    uint##width##_t __hls_read_u##width(hls_stream_u##width *s);                                   \
    bool __hls_empty_u##width(hls_stream_u##width *s);                                             \
    void __hls_write_u##width(hls_stream_u##width *s, uint##width##_t v);
HLS_STREAM_CALLS(16)
HLS_STREAM_CALLS(32)
HLS_STREAM_CALLS(64)
#else
#include "hls_native.h"
#define HLS_PROCESS static __attribute__((unused))
#define HLS_PIPELINE(ii) ((void)0)
#define HLS_FLATTEN ((void)0)
#define HLS_UNROLL
#define HLS_PARTITION(dim)
#define HLS_REGISTERS
#define HLS_SINGLE_PORT
#define HLS_DISTANCE(array, n) ((void)0)
#define hls_more(s) (!hls_empty(s))
#define hls_any() 0
#define hls_steady(v, n, c) (v)
#define hls_clock() 0u
#define hls_clock_start() ((void)0)
#endif
/* clang-format off */
#define HLS_ANY_WIDTH(call, s)                  \
    _Generic((s),                               \
        hls_stream_u16 *: __hls_##call##_u16,   \
        hls_stream_u32 *: __hls_##call##_u32,   \
        hls_stream_u64 *: __hls_##call##_u64)
/* clang-format on */
#define hls_read(s) HLS_ANY_WIDTH(read, s)(s)
#define hls_empty(s) HLS_ANY_WIDTH(empty, s)(s)
#define hls_write(s, v) HLS_ANY_WIDTH(write, s)(s, v)
#endif

static inline __attribute__((unused)) int64_t hls_wrap(int64_t v, int bits)
{
    return (int64_t)((uint64_t)v << (64 - bits)) >> (64 - bits);
}

#endif
