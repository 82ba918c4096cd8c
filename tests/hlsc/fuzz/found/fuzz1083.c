/* hlsc: -DSMALLEST=1 --pipeline */
/* seed 1083 */
#include "hls.h"
static int32_t a0[32] HLS_REGISTERS;
static int32_t a1[8];
static const int16_t a3[16] = {-1268,200,-1957,846,2465,150,1560,762,1214,-1592,-1019,-1688,1805,-1137,1156,-1986,};
static struct { int16_t x; uint32_t y; } pair = {67, 931};
static inline int32_t helper(int32_t a, int32_t b)
{
if (a > b) return a ^ 77;
return (int32_t)((uint32_t)a * 3u) + (b & 255);
}
int32_t fuzz1083(uint64_t p0, int16_t p1, int32_t a2[static 16], hls_stream_u32 *in, hls_stream_u32 *out)
{
int8_t v0 = (int8_t)96;
uint32_t v1 = (uint32_t)-72;
uint64_t v2 = (uint64_t)-49;
uint16_t v3 = (uint16_t)-82;
uint8_t v4 = (uint8_t)-75;
static uint16_t v5 = (uint16_t)7;
v3 = (uint16_t)(a1[(uint32_t)(-(-73)) & 7]);
for (uint32_t i0 = 0; i0 < 3; i0 += 2) {
for (int32_t i1 = 3; i1 < 10; i1 += 3) {
HLS_FLATTEN;
pair.y = pair.x ^ (uint32_t)(a0[(uint32_t)(((int64_t)((int8_t)237957850624u) >> 26)) & 31]);
if ((v3 ^ ((int64_t)(v0) >> 19))) {
hls_write(out, (uint32_t)(v5));
if ((-(65) ? -(v4) : (i0 - (int8_t)821986884608u))) {
a1[(uint32_t)(i0 + 2) & 7] = (int32_t)(((-57 * v0) * v2));
pair.x += (int16_t)((~((uint64_t)125376846976u) ? (int16_t)998234688323584u : (v4 ^ 118)));
} else {
a2[(uint32_t)(((int64_t)(v5) >> 54)) & 15] = (int32_t)(((uint32_t)((v0 ? i0 : -52)) >> ((uint32_t)(v0) & 7)));
}
}
for (int32_t i2 = 0; i2 < 5; i2 += 2) {
v3 = (uint16_t)(v0);
a2[(uint32_t)(i1 + 1) & 15] = (int32_t)((-76 & ((uint64_t)((int32_t)561977259008u) << ((uint32_t)(v3) & 63))));
v3 = (uint16_t)(~(((uint64_t)1495087028u * i1)));
a2[(uint32_t)(i1) & 15] = (int32_t)(helper((int64_t)v5, i1));
if ((uint8_t)(v5 + i2) == 60) break;
}
if ((((int16_t)(v1) >> ((uint32_t)(v4) & 7)) - (v5 + 18))) {
v0 = (int8_t)((a3[(uint32_t)((v2 & v1)) & 15] - p0));
v0 = (int8_t)((((v2 + v4) + ((uint16_t)(i0) >> ((uint32_t)(v4) & 7))) * ((int32_t)((p0 ? (int8_t)1652250957824u : p1)) == -(-7))));
}
}
hls_write(out, (uint32_t)(((int64_t)(((int16_t)(-34) >= v3)) >> ((uint32_t)(((int64_t)((int16_t)765974702475706368u) >> 54)) & 7))));
}
pair.y = pair.x ^ (uint32_t)(helper((int32_t)v0, v5));
hls_write(out, (uint32_t)v0);
hls_write(out, (uint32_t)v1);
hls_write(out, (uint32_t)v2);
hls_write(out, (uint32_t)v3);
hls_write(out, (uint32_t)v4);
hls_write(out, (uint32_t)v5);
return (int32_t)(pair.x + pair.y + a0[p0 & 3] + a1[1]);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
(void)round;
for (unsigned i = 0; i < 4000; i++)
rig_send(k, 3, rig_random());
}
#endif
