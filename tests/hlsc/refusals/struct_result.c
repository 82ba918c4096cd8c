#include "hls.h"

struct pair {
    int32_t a, b;
};

struct pair f(int32_t x)
{
    const struct pair result = {x, -x};
    return result;
}
