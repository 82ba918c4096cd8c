/* hls_stream.h -- in place of Vitis' header of this name, for a check of syntax and behaviour without Vitis: hls::stream with the
 * calls that hls.h makes, in the layout of the rings of hls_native.h. It says nothing about what Vitis makes of the pragmas. */
#ifndef HLS_STREAM_H
#define HLS_STREAM_H

#include <stddef.h>
#include <stdint.h>

namespace hls
{

template <typename T> class stream
{
  public:
    bool empty() const
    {
        return ring.head == ring.tail;
    }
    T read()
    {
        if (!empty())
            return words[ring.head++ & (ring.capacity_words - 1)];
        ring.faults++;
        return 0;
    }
    void write(T v)
    {
        if (ring.tail - ring.head == ring.capacity_words)
            ring.faults++;
        else
            words[ring.tail++ & (ring.capacity_words - 1)] = v;
    }

  private:
    struct {
        size_t capacity_words, head, tail, faults;
        void (*make_room)(void *);
    } ring;
    T *words;
};

} // namespace hls
#endif
