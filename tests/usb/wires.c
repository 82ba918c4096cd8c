#include "wires.h"

struct board *board;
struct usbdev dev;
struct heard heard;

int plug(void **state)
{
    (void)state;
    const struct board_options options = {.serial = SERIAL};
    board = board_open(&options);
    return board ? usbdev_plug(&dev, board) : -1;
}

int unplug(void **state)
{
    (void)state;
    usbdev_unplug(&dev);
    board_close(board);
    return 0;
}

int ask(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length,
        uint8_t *data)
{
    return usbdev_request(&dev, type, request, value, index, data, length);
}

void reset_bus(void)
{
    bus_hold(&dev.bus, LINE_SE0, 120);
    bus_hold(&dev.bus, LINE_J, 120);
    dev.address = 0;
    reset_toggles();
}

void reset_toggles(void)
{
    *out_toggle() = *in_toggle() = false;
}

bool *out_toggle(void)
{
    return &dev.toggles[OUT_EP];
}

bool *in_toggle(void)
{
    return &dev.toggles[IN_EP + 16];
}

/* ---- single packets ---- */

void pause_bits(unsigned n_bits)
{
    bus_hold(&dev.bus, LINE_J, n_bits);
}

int answer(void)
{
    heard.n_bytes = bus_receive(&dev.bus, heard.bytes);
    pause_bits(3);
    return heard.n_bytes > 0 ? heard.bytes[0] & 0xf : heard.n_bytes;
}

int say_token(enum usb_pid pid, unsigned endpoint)
{
    bus_token(&dev.bus, pid, dev.address, endpoint);
    return answer();
}

int say_data(enum usb_pid token, unsigned endpoint, enum usb_pid pid, const uint8_t *data,
             size_t n_bytes)
{
    bus_token(&dev.bus, token, dev.address, endpoint);
    pause_bits(3);
    bus_data(&dev.bus, pid, data, n_bytes);
    return answer();
}

enum usb_pid data_pid(bool toggle)
{
    return toggle ? PID_DATA1 : PID_DATA0;
}

/* ---- queries ---- */

size_t query_lines(uint16_t sequence, uint8_t lines[BUS_PACKET_LINES])
{
    uint8_t bytes[HEADER_BYTES], packet[BUS_PACKET_BYTES];
    query(bytes, sequence);
    const size_t length = bus_data_bytes(data_pid(*out_toggle()), bytes, sizeof bytes, packet);
    return bus_encode(packet, length, lines);
}

int out(const uint8_t *bytes, size_t n_bytes)
{
    int result;
    while ((result = usbdev_out(&dev, PID_OUT, OUT_EP, out_toggle(), bytes, n_bytes)) == -EAGAIN)
        ;
    return result;
}

void send_query(uint16_t sequence)
{
    uint8_t bytes[HEADER_BYTES];
    query(bytes, sequence);
    assert_int_equal(out(bytes, sizeof bytes), sizeof bytes);
}

bool is_answer(const uint8_t *bytes, uint16_t sequence)
{
    uint16_t words[PACKET_HEADER_WORDS];
    struct answer_header header;
    for (int i = 0; i < PACKET_HEADER_WORDS; i++)
        words[i] = (uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
    return packet_read_answer(words, &header) && header.opcode == PACKET_QUERY &&
           header.sequence == sequence && header.length_words == ID_WORDS;
}

void read_answer(uint16_t sequence)
{
    uint8_t bytes[ANSWER_BYTES + EDDY_USB_PACKET_BYTES];
    size_t n = 0;
    for (int tries = 0; tries < 200; tries++) {
        const int result = usbdev_in(&dev, IN_EP, in_toggle(), bytes + n, sizeof bytes - n);
        assert_true(result >= 0 || result == -EAGAIN || result == -EILSEQ);
        n += result > 0 ? (size_t)result : 0;
        if (n >= ANSWER_BYTES && result == -EAGAIN)
            break;
    }
    assert_int_equal(n, ANSWER_BYTES);
    assert_true(is_answer(bytes, sequence));
}

void works(uint16_t sequence)
{
    send_query(sequence);
    read_answer(sequence);
}
