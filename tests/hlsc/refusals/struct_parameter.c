#include "hls.h"

struct pair {
    int32_t a, b;
};

int32_t f(struct pair x)
{
    return x.a + x.b;
}
