/* test_requests.c -- the board's control endpoint on its two wires: every standard request, and transfers that are cut, repeated or
 * broken off. */
#include "wires.h"

/* ---- standard requests ---- */

static void test_descriptors(void **state)
{
    uint8_t data[256];
    (void)state;
    assert_int_equal(ask(0x80, 6, 0x0100, 0, 64, data), 18);
    assert_int_equal(data[8] | data[9] << 8, EDDY_USB_VENDOR);
    assert_int_equal(data[10] | data[11] << 8, EDDY_USB_PRODUCT);
    assert_int_equal(ask(0x80, 6, 0x0100, 0, 8, data), 8);
    assert_int_equal(ask(0x80, 6, 0x0200, 0, 255, data), 32);
    assert_int_equal(data[2] | data[3] << 8, 32);
    assert_int_equal(ask(0x80, 6, 0x0200, 0, 9, data), 9);
    assert_int_equal(ask(0x80, 6, 0x0300, 0, 255, data), 4);
    static const char *const strings[] = {EDDY_USB_MANUFACTURER, EDDY_USB_PRODUCT_NAME, "1234ABCD"};
    for (uint16_t s = 0; s < 3; s++) {
        const size_t length = strlen(strings[s]);
        assert_int_equal(ask(0x80, 6, (uint16_t)(0x0301 + s), 0x0409, 255, data), 2 + 2 * length);
        for (size_t i = 0; i < length; i++)
            assert_int_equal(data[2 + 2 * i] | data[3 + 2 * i] << 8, strings[s][i]);
    }
    assert_int_equal(ask(0x80, 6, 0x0304, 0x0409, 255, data), -EPIPE);
    assert_int_equal(ask(0x80, 6, 0x0600, 0, 10, data), -EPIPE); /* device qualifier */
    assert_int_equal(ask(0x80, 6, 0x0201, 0, 9, data), -EPIPE);
}

static void test_standard_requests(void **state)
{
    uint8_t data[8] = {0};
    (void)state;
    assert_int_equal(ask(0x80, 0, 0, 0, 2, data), 2);
    assert_int_equal(data[0] | data[1] << 8, 0);
    assert_int_equal(ask(0x81, 0, 0, 0, 2, data), 2);
    assert_int_equal(ask(0x81, 0, 0, 1, 2, data), -EPIPE);
    assert_int_equal(ask(0x82, 0, 0, 0x81, 2, data), 2);
    assert_int_equal(ask(0x82, 0, 0, 0x82, 2, data), -EPIPE);
    assert_int_equal(ask(0x80, 8, 0, 0, 1, data), 1);
    assert_int_equal(data[0], 1);
    assert_int_equal(ask(0x81, 10, 0, 0, 1, data), 1);
    assert_int_equal(data[0], 0);
    assert_int_equal(ask(0x01, 11, 0, 0, 0, NULL), 0);
    assert_int_equal(ask(0x01, 11, 1, 0, 0, NULL), -EPIPE);
    assert_int_equal(ask(0x00, 1, 1, 0, 0, NULL), -EPIPE); /* no remote wake-up */
    assert_int_equal(ask(0x00, 3, 2, 0, 0, NULL), -EPIPE); /* no test mode */
    assert_int_equal(ask(0x00, 7, 0x0100, 0, 0, NULL), -EPIPE);
    assert_int_equal(ask(0x82, 12, 0, 0x81, 2, data), -EPIPE);
    assert_int_equal(ask(0x00, 9, 2, 0, 0, NULL), -EPIPE);
    assert_int_equal(ask(0x40, 0x55, 0, 0, 0, NULL), -EPIPE);
    assert_int_equal(ask(0x00, 9, 0, 0, 0, NULL), 0);
    assert_int_equal(ask(0x80, 8, 0, 0, 1, data), 1);
    assert_int_equal(data[0], 0);
    assert_int_equal(ask(0x81, 0, 0, 0, 2, data), -EPIPE);
    bool toggle = false;
    assert_int_equal(usbdev_in(&dev, IN_EP, &toggle, data, 8),
                     -EILSEQ); /* not configured: silent */
    assert_int_equal(ask(0x00, 9, 1, 0, 0, NULL), 0);
    dev.toggles[OUT_EP] = dev.toggles[IN_EP + 16] = false;
    works(7);
}

static void test_unknown_out_data_is_stalled(void **state)
{
    uint8_t data[8] = {1, 2, 3};
    (void)state;
    assert_int_equal(ask(0x40, EDDY_USB_REQUEST_RESET, 0, 0, 8, data), -EPIPE);
    works(1);
}

static void test_identity(void **state)
{
    uint8_t data[64];
    (void)state;
    assert_int_equal(ask(0xc0, EDDY_USB_REQUEST_ID, 0, 0, 64, data), EDDY_USB_ID_BYTES);
    assert_memory_equal(data, "EDDY", 4);
    assert_int_equal(ask(0xc0, EDDY_USB_REQUEST_ID, 0, 0, 4, data), 4);
}

static void test_halt(void **state)
{
    uint8_t bytes[64], data[2];
    (void)state;
    query(bytes, 1);
    assert_int_equal(ask(0x02, 3, 0, EDDY_USB_ENDPOINT_OUT, 0, NULL), 0);
    assert_int_equal(ask(0x82, 0, 0, EDDY_USB_ENDPOINT_OUT, 2, data), 2);
    assert_int_equal(data[0], 1);
    assert_int_equal(out(bytes, HEADER_BYTES), -EPIPE);
    assert_int_equal(usbdev_clear_halt(&dev, EDDY_USB_ENDPOINT_OUT), 0);
    send_query(2);
    assert_int_equal(ask(0x02, 3, 0, EDDY_USB_ENDPOINT_IN, 0, NULL), 0);
    assert_int_equal(usbdev_in(&dev, IN_EP, in_toggle(), bytes, 64), -EPIPE);
    assert_int_equal(usbdev_clear_halt(&dev, EDDY_USB_ENDPOINT_IN), 0);
    read_answer(2);
    works(3);
}

/* ---- all requests ---- */

/* How many bytes of at most 18 a request has for the host, of those without an index; -EPIPE: unknown. The USB specification's
 * table 9-3, and our two. */
static int known(uint8_t type, uint8_t request)
{
    switch (type << 8 | request) {
    case 0x8000: /* GET_STATUS */
    case 0x8100:
    case 0x8200: return 2;
    case 0x8006: return 18; /* GET_DESCRIPTOR */
    case 0x8008:            /* GET_CONFIGURATION */
    case 0x810a: return 1;  /* GET_INTERFACE */
    case 0xc000 | EDDY_USB_REQUEST_ID: return EDDY_USB_ID_BYTES;
    case 0x0201: /* CLEAR_FEATURE and SET_FEATURE: halt, of endpoint 0 */
    case 0x0203:
    case 0x0005: /* SET_ADDRESS */
    case 0x0009: /* SET_CONFIGURATION */
    case 0x010b: /* SET_INTERFACE */
    case 0x4000 | EDDY_USB_REQUEST_RESET: return 0;
    default: return -EPIPE;
    }
}

/* Every kind and recipient that there is, with every standard code and one more: what is not known is stalled. */
static void test_every_request(void **state)
{
    uint8_t data[18];
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        for (uint8_t request = 0; request < 14 && (type & 0x1c) == 0; request++) {
            const uint16_t value = request == 5   ? ADDRESS
                                   : request == 6 ? 0x0100
                                   : request == 9 ? 1
                                                  : 0;
            const uint16_t length = type & 0x80 ? sizeof data : 0;
            assert_int_equal(ask((uint8_t)type, request, value, 0, length, data),
                             known((uint8_t)type, request));
        }
    }
    reset_toggles();
    works(1);
}

static void test_every_length(void **state)
{
    static const uint16_t descriptors[] = {0x0100, 0x0200, 0x0300, 0x0301, 0x0302, 0x0303};
    uint8_t whole[255], data[255];
    (void)state;
    for (size_t d = 0; d < sizeof descriptors / sizeof *descriptors; d++) {
        const int size = ask(0x80, 6, descriptors[d], 0, sizeof whole, whole);
        assert_in_range(size, 4, 64);
        for (uint16_t length = 0; length <= size + 1; length++) {
            const int part = length < size ? length : size;
            assert_int_equal(ask(0x80, 6, descriptors[d], 0, length, data), part);
            assert_memory_equal(data, whole, (size_t)part);
        }
    }
}

static void test_every_descriptor(void **state)
{
    uint8_t data[255];
    (void)state;
    for (uint16_t type = 0; type < 16; type++) {
        for (uint16_t index = 0; index < 5; index++) {
            const bool there =
                (type == 1 && index == 0) || (type == 2 && index == 0) || (type == 3 && index <= 3);
            const int size = ask(0x80, 6, (uint16_t)(type << 8 | index), 0, sizeof data, data);
            assert_true(there ? size >= data[0] && data[1] == type : size == -EPIPE);
            assert_int_equal(ask(0x00, 7, (uint16_t)(type << 8 | index), 0, 0, NULL), -EPIPE);
        }
    }
    assert_int_equal(ask(0x80, 6, 0x01ff, 0, 18, data), -EPIPE);
}

/* ---- states of the device ---- */

static void bulk_is_silent(void)
{
    uint8_t bytes[HEADER_BYTES];
    query(bytes, 1);
    assert_int_equal(say_token(PID_IN, IN_EP), BUS_SILENT);
    assert_int_equal(say_data(PID_OUT, OUT_EP, PID_DATA0, bytes, sizeof bytes), BUS_SILENT);
}

/* What needs a configuration is stalled, what does not is answered. */
static void unconfigured(void)
{
    uint8_t data[18];
    bulk_is_silent();
    assert_int_equal(ask(0x80, 8, 0, 0, 1, data), 1);
    assert_int_equal(data[0], 0);
    assert_int_equal(ask(0x80, 6, 0x0100, 0, 18, data), 18);
    assert_int_equal(ask(0x82, 0, 0, 0, 2, data), 2);
    assert_int_equal(ask(0x81, 0, 0, 0, 2, data), -EPIPE);
    assert_int_equal(ask(0x82, 0, 0, EDDY_USB_ENDPOINT_IN, 2, data), -EPIPE);
    assert_int_equal(ask(0x81, 10, 0, 0, 1, data), -EPIPE);
    assert_int_equal(ask(0x01, 11, 0, 0, 0, NULL), -EPIPE);
    assert_int_equal(ask(0x02, 3, 0, EDDY_USB_ENDPOINT_OUT, 0, NULL), -EPIPE);
    assert_int_equal(ask(0x02, 1, 0, EDDY_USB_ENDPOINT_IN, 0, NULL), -EPIPE);
}

static void test_states(void **state)
{
    (void)state;
    reset_bus();
    unconfigured();
    assert_int_equal(ask(0x00, 5, 0x80, 0, 0, NULL), -EPIPE);
    assert_int_equal(ask(0x00, 5, 127, 0, 0, NULL), 0);
    dev.address = 0;
    assert_int_equal(say_token(PID_IN, 0), BUS_SILENT);
    dev.address = 127;
    unconfigured();
    assert_int_equal(ask(0x00, 9, 1, 0, 0, NULL), 0);
    works(1);
    assert_int_equal(ask(0x00, 9, 0, 0, 0, NULL), 0);
    unconfigured();
    assert_int_equal(ask(0x00, 9, 1, 0, 0, NULL), 0);
    reset_toggles();
    works(2);
    assert_int_equal(ask(0x00, 5, 0, 0, 0, NULL), 0);
    dev.address = 0;
    uint8_t data[18];
    assert_int_equal(ask(0x80, 6, 0x0100, 0, 18, data), 18);
}

/* The status of a halted endpoint, and whatever ends the halt: its toggle is DATA0 then. */
static void test_ends_of_halts(void **state)
{
    static const struct {
        uint8_t type, request;
        uint16_t value, index;
    } ends[] = {{0x02, 1, 0, EDDY_USB_ENDPOINT_OUT}, {0x00, 9, 1, 0}, {0x01, 11, 0, 0}};
    uint8_t data[2];
    (void)state;
    for (size_t e = 0; e < sizeof ends / sizeof *ends; e++) {
        works((uint16_t)(3 * e));
        assert_int_equal(ask(0x02, 3, 0, EDDY_USB_ENDPOINT_OUT, 0, NULL), 0);
        assert_int_equal(ask(0x82, 0, 0, EDDY_USB_ENDPOINT_OUT, 2, data), 2);
        assert_int_equal(data[0], 1);
        assert_int_equal(ask(0x82, 0, 0, EDDY_USB_ENDPOINT_IN, 2, data), 2);
        assert_int_equal(data[0], 0);
        assert_int_equal(ask(ends[e].type, ends[e].request, ends[e].value, ends[e].index, 0, NULL),
                         0);
        assert_int_equal(ask(0x82, 0, 0, EDDY_USB_ENDPOINT_OUT, 2, data), 2);
        assert_int_equal(data[0], 0);
        *out_toggle() = false;
        if (e > 0)
            *in_toggle() = false;
        works((uint16_t)(3 * e + 1));
    }
    /* A bus reset ends it, too. */
    assert_int_equal(ask(0x02, 3, 0, EDDY_USB_ENDPOINT_OUT, 0, NULL), 0);
    assert_int_equal(usbdev_reset(&dev), 0);
    works(99);
}

/* The toggles of a halted endpoint that is cleared begin anew, those of the other one go on. */
static void test_toggle_of_the_other_endpoint(void **state)
{
    (void)state;
    for (uint16_t n = 0; n < 6; n++) {
        send_query(n);
        assert_int_equal(
            usbdev_clear_halt(&dev, n % 2 ? EDDY_USB_ENDPOINT_OUT : EDDY_USB_ENDPOINT_IN), 0);
        read_answer(n);
    }
}

/* ---- control transfers that do not go as they should ---- */

static const uint8_t get_status[8] = {0x80, 0, 0, 0, 0, 0, 2, 0};
static const uint8_t get_device[8] = {0x80, 6, 0, 1, 0, 0, 18, 0};
static const uint8_t set_address[8] = {0x00, 5, 77, 0, 0, 0, 0, 0};

static int say_setup(const uint8_t setup[8])
{
    return say_data(PID_SETUP, 0, PID_DATA0, setup, 8);
}

/* What the board sends on endpoint 0 when it is ready, without an acknowledgement. */
static int hear_control(void)
{
    int pid;
    do
        pid = say_token(PID_IN, 0);
    while (pid == PID_NAK);
    return pid;
}

static void acknowledge(void)
{
    bus_handshake(&dev.bus, PID_ACK);
    pause_bits(3);
}

static void test_lost_acknowledgements_of_control(void **state)
{
    struct heard first = {.n_bytes = 0};
    (void)state;
    for (int lost = 0; lost < 4; lost++) {
        for (int n = 0; n <= lost; n++)
            assert_int_equal(say_setup(get_device), PID_ACK);
        for (int n = 0; n <= lost; n++) {
            assert_int_equal(hear_control(), PID_DATA1);
            assert_int_equal(heard.n_bytes, 18 + 3);
            assert_true(n == 0 || memcmp(&first, &heard, sizeof heard) == 0);
            first = heard;
            pause_bits(30);
        }
        assert_int_equal(hear_control(), PID_DATA1);
        acknowledge();
        for (int n = 0; n <= lost; n++)
            assert_int_equal(say_data(PID_OUT, 0, PID_DATA1, NULL, 0), PID_ACK);
        works((uint16_t)lost);
    }
}

/* The new address counts once the status stage has been acknowledged, not before. */
static void test_address_after_status(void **state)
{
    (void)state;
    for (int lost = 0; lost < 3; lost++) {
        const unsigned before = dev.address;
        uint8_t setup[8];
        memcpy(setup, set_address, 8);
        setup[2] = (uint8_t)(20 + lost);
        assert_int_equal(say_setup(setup), PID_ACK);
        for (int n = 0; n <= lost; n++) {
            dev.address = setup[2];
            assert_int_equal(say_token(PID_IN, 0), BUS_SILENT);
            dev.address = before;
            assert_int_equal(hear_control(), PID_DATA1);
            assert_int_equal(heard.n_bytes, 3);
            if (n < lost)
                pause_bits(40);
        }
        bus_handshake(&dev.bus, PID_ACK);
        pause_bits(3);
        assert_int_equal(say_token(PID_IN, 0), BUS_SILENT);
        dev.address = setup[2];
        works((uint16_t)lost);
    }
}

/* Broken off by the next SETUP, after each of its stages. */
static void test_broken_off(void **state)
{
    uint8_t data[18];
    (void)state;
    for (int stage = 0; stage < 6; stage++) {
        bus_token(&dev.bus, PID_SETUP, dev.address, 0);
        pause_bits(3);
        if (stage == 0)
            pause_bits(20);
        else
            bus_data(&dev.bus, PID_DATA0, stage == 1 ? set_address : get_device, 8);
        if (stage > 0)
            assert_int_equal(answer(), PID_ACK);
        if (stage == 2)
            bus_token(&dev.bus, PID_IN, dev.address, 0); /* over what it answers */
        if (stage > 2)
            assert_int_equal(hear_control(), PID_DATA1);
        if (stage > 3)
            acknowledge();
        if (stage == 5)
            bus_token(&dev.bus, PID_OUT, dev.address, 0);
        pause_bits(3);
        assert_int_equal(ask(0x80, 6, 0x0100, 0, 18, data), 18);
        assert_int_equal(data[8] | data[9] << 8, EDDY_USB_VENDOR);
        works((uint16_t)stage);
    }
}

/* The host need not read all of the data; and it may ask for more. */
static void test_early_and_late_status(void **state)
{
    (void)state;
    assert_int_equal(say_setup(get_device), PID_ACK);
    assert_int_equal(say_data(PID_OUT, 0, PID_DATA1, NULL, 0), PID_ACK);
    works(1);
    assert_int_equal(say_setup(get_status), PID_ACK);
    assert_int_equal(hear_control(), PID_DATA1);
    assert_int_equal(heard.n_bytes, 2 + 3);
    acknowledge();
    for (int more = 0; more < 3; more++) {
        const int pid = hear_control();
        assert_true(pid == PID_STALL || heard.n_bytes == 3);
        if (pid != PID_STALL)
            acknowledge();
    }
    assert_int_equal(say_data(PID_OUT, 0, PID_DATA1, NULL, 0), PID_ACK);
    works(2);
}

/* A SETUP packet has eight bytes and DATA0; anything else is not answered, and not carried out. */
static void test_bad_setup(void **state)
{
    uint8_t setup[12] = {0x00, 5, 77}, data[2];
    (void)state;
    for (size_t length = 0; length <= sizeof setup; length++) {
        for (int toggle = 0; toggle < 2; toggle++) {
            if (length == 8 && !toggle)
                continue;
            assert_int_equal(say_data(PID_SETUP, 0, data_pid(toggle), setup, length), BUS_SILENT);
            assert_int_equal(ask(0x80, 0, 0, 0, 2, data), 2);
        }
    }
    for (int bit = 8; bit < 8 + 8 + 64 + 16; bit++) {
        bus_token(&dev.bus, PID_SETUP, dev.address, 0);
        pause_bits(3);
        dev.bus.flip_bit = bit;
        bus_data(&dev.bus, PID_DATA0, setup, 8);
        assert_int_equal(answer(), BUS_SILENT);
        assert_int_equal(ask(0x80, 0, 0, 0, 2, data), 2);
    }
    works(1);
}

/* A stalled request is over with the next SETUP; bulk goes on meanwhile. */
static void test_stall_ends_with_setup(void **state)
{
    static const uint8_t unknown[8] = {0x80, 0x33, 0, 0, 0, 0, 2, 0};
    uint8_t data[2];
    (void)state;
    for (uint16_t n = 0; n < 5; n++) {
        assert_int_equal(say_setup(unknown), PID_ACK);
        for (uint16_t again = 0; again < n; again++) {
            assert_int_equal(hear_control(), PID_STALL);
            assert_int_equal(say_data(PID_OUT, 0, PID_DATA1, NULL, 0), PID_STALL);
        }
        works(n);
        assert_int_equal(ask(0x80, 0, 0, 0, 2, data), 2);
    }
}

/* SETUP to an endpoint that has no control transfers. */
static void test_setup_of_bulk_endpoint(void **state)
{
    (void)state;
    send_query(5);
    for (unsigned endpoint = 1; endpoint < 16; endpoint++)
        assert_int_equal(say_data(PID_SETUP, endpoint, PID_DATA0, get_status, 8), BUS_SILENT);
    read_answer(5);
    works(6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WIRE_TEST(test_descriptors),
        WIRE_TEST(test_standard_requests),
        WIRE_TEST(test_unknown_out_data_is_stalled),
        WIRE_TEST(test_identity),
        WIRE_TEST(test_halt),
        WIRE_TEST(test_every_request),
        WIRE_TEST(test_every_length),
        WIRE_TEST(test_every_descriptor),
        WIRE_TEST(test_states),
        WIRE_TEST(test_ends_of_halts),
        WIRE_TEST(test_toggle_of_the_other_endpoint),
        WIRE_TEST(test_lost_acknowledgements_of_control),
        WIRE_TEST(test_address_after_status),
        WIRE_TEST(test_broken_off),
        WIRE_TEST(test_early_and_late_status),
        WIRE_TEST(test_bad_setup),
        WIRE_TEST(test_stall_ends_with_setup),
        WIRE_TEST(test_setup_of_bulk_endpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
