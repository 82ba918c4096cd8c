/* main.c -- an Eddy card with XRT's C API alone: asks the engine who it is, in one launch. The buffers hold packets of
 * hls/packet.h, the arguments are those of hw/xrt/registers.h. Usage: xrt_query FILE.xclbin */
#include "packet.h"
#include "xrt/registers.h"

#include <stdio.h>
#include <time.h>
#include <xrt.h>
#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>

int main(int argc, char **argv)
{
    enum { RING_BYTES = 4096, ANSWER_WORDS = PACKET_HEADER_WORDS + ID_WORDS };
    xuid_t uuid;
    xrtDeviceHandle device = argc == 2 ? xrtDeviceOpen(0) : NULL;
    if (!device || xrtDeviceLoadXclbinFile(device, argv[1]) || xrtDeviceGetXclbinUUID(device, uuid))
        return 1;
    xrtKernelHandle kernel = xrtPLKernelOpen(device, uuid, XRT_KERNEL_NAME);
    xrtBufferHandle commands =
        xrtBOAlloc(device, RING_BYTES, 0, xrtKernelArgGroupId(kernel, XRT_ID_COMMANDS));
    xrtBufferHandle results =
        xrtBOAlloc(device, RING_BYTES, 0, xrtKernelArgGroupId(kernel, XRT_ID_RESULTS));
    uint16_t query[PACKET_HEADER_WORDS] = {PACKET_MAGIC << 8 | PACKET_QUERY}, answer[ANSWER_WORDS];
    query[PACKET_HEADER_WORDS - 1] = (uint16_t)~packet_sum(query);
    xrtBOWrite(commands, query, sizeof query, 0);
    xrtBOSync(commands, XCL_BO_SYNC_BO_TO_DEVICE, sizeof query, 0);
    xrtRunHandle run = xrtKernelRun(kernel, commands, results, RING_BYTES, PACKET_HEADER_WORDS, 0,
                                    ANSWER_WORDS, XRT_STOP | XRT_RESET);
    while (xrtRunState(run) < ERT_CMD_STATE_COMPLETED)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    xrtBOSync(results, XCL_BO_SYNC_BO_FROM_DEVICE, sizeof answer, 0);
    xrtBORead(results, answer, sizeof answer, 0);
    const uint16_t *id = answer + PACKET_HEADER_WORDS;
    printf("magic %04x, preset %u, %u lanes, %u-bit weights\n", id[ID_MAGIC], id[ID_PRESET],
           id[ID_LANES], id[ID_WEIGHT_BITS]);
    xrtRunClose(run);
    xrtBOFree(commands);
    xrtBOFree(results);
    xrtKernelClose(kernel);
    xrtDeviceClose(device);
    return id[ID_MAGIC] == ID_MAGIC_VALUE ? 0 : 1;
}
