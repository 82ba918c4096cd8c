/* assert.h -- for hlsc: an assertion is tested where the source runs natively; it costs no hardware. */
#undef assert
#define assert(condition) ((void)0)
#define static_assert _Static_assert
