/* registers.h -- the registers of the XRT kernel: the only definition. hw/xrt/generate.c makes of it the RTL's
 * offsets, kernel.xml and the metadata of the xclbin; the host includes it.
 *
 * The kernel moves 16-bit words between two rings in device memory and the engine's streams. A launch starts a
 * session; words of the command ring are taken up to command_tail, a doorbell that the host rings as it goes; words
 * of the result ring are written, and result_tail counts those that have reached the memory. Positions count words
 * from the start of the launch, modulo 2^32; word n of a ring of R bytes lies at 2n mod R.
 *
 * The session ends when control has XRT_STOP, every command was taken and result_tail has reached result_end; at once
 * with XRT_ABORT or after a bus error (status). A launch per step is a session whose control has XRT_STOP from the start.
 */
#ifndef EDDY_XRT_REGISTERS_H
#define EDDY_XRT_REGISTERS_H

#define XRT_KERNEL_NAME "eddy"
#define XRT_KERNEL_INSTANCE "eddy_1"
#define XRT_EMULATION_PLATFORM "eddy:simulation:hw_emu:1.0"
#define XRT_REGISTER_BYTES 4096 /* of the address range */
#define XRT_DATA_BITS 32        /* of m_axi_gmem */

/* Block protocol AP_CTRL_HS */
#define XRT_AP_CTRL 0x00
#define XRT_AP_START 1u
#define XRT_AP_DONE 2u /* cleared when read */
#define XRT_AP_IDLE 4u
#define XRT_AP_READY 8u
#define XRT_GIE 0x04
#define XRT_IER 0x08
#define XRT_ISR 0x0c

/* X(id, NAME, name, offset, address qualifier: 0 scalar or 1 global, type): the kernel's arguments. A ring begins on a
 * boundary of 4 KiB; ring_bytes, of each ring, is a power of two of at least 4096. */
#define XRT_ARGUMENTS(X)                                                                           \
    X(0, COMMANDS, commands, 0x10, 1, "uint16_t*")                                                 \
    X(1, RESULTS, results, 0x1c, 1, "uint16_t*")                                                   \
    X(2, RING_BYTES, ring_bytes, 0x28, 0, "uint32_t")                                              \
    X(3, COMMAND_TAIL, command_tail, 0x30, 0, "uint32_t") /* words put by the host */              \
    X(4, RESULT_HEAD, result_head, 0x38, 0, "uint32_t")   /* words taken by the host */            \
    X(5, RESULT_END, result_end, 0x40, 0, "uint32_t")                                              \
    X(6, CONTROL, control, 0x48, 0, "uint32_t")

#define XRT_STOP 1u
#define XRT_ABORT 2u
#define XRT_RESET 4u /* reset the engine as the session starts */

/* X(NAME, offset): what the kernel counts, read only */
#define XRT_COUNTERS(X)                                                                            \
    X(COMMAND_HEAD, 0x80) /* words of the command ring that may be overwritten */                  \
    X(RESULT_TAIL, 0x84)  /* words of the result ring that may be read */                          \
    X(STATUS, 0x88)       /* XRT_STATUS bits */                                                    \
    X(CYCLES, 0x8c)       /* clock cycles of the session */                                        \
    X(READ_BEATS, 0x90)   /* beats of the bus */                                                   \
    X(READ_STARVED, 0x94) /* cycles: engine ready, words in the ring, none delivered */            \
    X(WRITE_BEATS, 0x98)                                                                           \
    X(WRITE_BLOCKED, 0x9c) /* cycles: a result waits though the ring has room */                   \
    X(STEP_CYCLES, 0xa0)   /* from the last ring of command_tail to the last result in memory */   \
    X(IDENTITY, 0xa4)      /* XRT_IDENTITY */

#define XRT_STATUS_READ_ERROR 1u
#define XRT_STATUS_WRITE_ERROR 2u
#define XRT_IDENTITY 0x45444459u /* "EDDY" */

#define XRT_OFFSET_OF_ARGUMENT(id, NAME, name, offset, qualifier, type) XRT_OFFSET_##NAME = offset,
#define XRT_ID_OF_ARGUMENT(id, NAME, name, offset, qualifier, type) XRT_ID_##NAME = id,
#define XRT_OFFSET_OF_COUNTER(NAME, offset) XRT_OFFSET_##NAME = offset,
enum { XRT_ARGUMENTS(XRT_ID_OF_ARGUMENT) XRT_ARGUMENT_COUNT };
enum { XRT_ARGUMENTS(XRT_OFFSET_OF_ARGUMENT) XRT_COUNTERS(XRT_OFFSET_OF_COUNTER) };

#endif
