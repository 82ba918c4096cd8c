/* peer.c SOCKET -- with-board's usbredir as a peer sees it: a good one in QEMU's place, and bad ones. */
#include "../../hw/usb/usb_format.h"
#include "../support/random.h"
#include "queries.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <usbredirparser.h>

#include <cmocka.h>

#define TIMEOUT_MS 60000

/* A peer, and what it heard last of each kind. */
static struct peer {
    int fd;
    struct usbredirparser *parser;
    bool gone;
    int connects, disconnects, controls, bulks, configurations, settings;
    struct usb_redir_device_connect_header device;
    struct usb_redir_interface_info_header interfaces;
    struct usb_redir_ep_info_header endpoints;
    struct usb_redir_control_packet_header control;
    struct usb_redir_bulk_packet_header bulk;
    struct usb_redir_configuration_status_header configuration;
    struct usb_redir_alt_setting_status_header setting;
    uint64_t id;
    uint8_t data[512];
    int n_data;
} peer;
static const char *socket_path;

/* ---- what it hears ---- */

static void take(uint64_t id, uint8_t *data, int n_data)
{
    peer.id = id;
    peer.n_data = n_data < (int)sizeof peer.data ? n_data : (int)sizeof peer.data;
    if (data)
        memcpy(peer.data, data, (size_t)peer.n_data);
    usbredirparser_free_packet_data(peer.parser, data);
}

#define ON(event, type, field, count)                                                              \
    static void on_##event(void *user, struct usb_redir_##type##_header *header)                   \
    {                                                                                              \
        (void)user;                                                                                \
        peer.field = *header;                                                                      \
        count;                                                                                     \
    }
#define ON_STATUS(type, field, count)                                                              \
    static void on_##type(void *user, uint64_t id, struct usb_redir_##type##_header *header)       \
    {                                                                                              \
        (void)user;                                                                                \
        peer.field = *header;                                                                      \
        peer.id = id;                                                                              \
        peer.count++;                                                                              \
    }
#define ON_DATA(type, field, count)                                                                \
    static void on_##type(void *user, uint64_t id, struct usb_redir_##type##_header *header,       \
                          uint8_t *data, int n_data)                                               \
    {                                                                                              \
        (void)user;                                                                                \
        peer.field = *header;                                                                      \
        peer.count++;                                                                              \
        take(id, data, n_data);                                                                    \
    }
ON(connect, device_connect, device, peer.connects++)
ON(interface_info, interface_info, interfaces, )
ON(ep_info, ep_info, endpoints, )
ON_STATUS(configuration_status, configuration, configurations)
ON_STATUS(alt_setting_status, setting, settings)
ON_DATA(control_packet, control, controls)
ON_DATA(bulk_packet, bulk, bulks)

static void on_disconnect(void *user)
{
    (void)user;
    peer.disconnects++;
}

static void on_hello(void *user, struct usb_redir_hello_header *header)
{
    (void)user, (void)header;
}

static void be_silent(void *user, int level, const char *text)
{
    (void)user, (void)level, (void)text;
}

/* ---- its socket ---- */

static int read_socket(void *user, uint8_t *data, int n_bytes)
{
    (void)user;
    const ssize_t n = recv(peer.fd, data, (size_t)n_bytes, MSG_DONTWAIT);
    peer.gone = n == 0;
    return n > 0 ? (int)n : peer.gone ? -1 : 0;
}

static int write_socket(void *user, uint8_t *data, int n_bytes)
{
    (void)user;
    return (int)send(peer.fd, data, (size_t)n_bytes, MSG_NOSIGNAL);
}

static int connect_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, socket_path, sizeof address.sun_path - 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1000 * (int64_t)now.tv_sec + now.tv_nsec / 1000000;
}

static void listen_ms(int limit_ms)
{
    struct pollfd fd = {peer.fd, POLLIN, 0};
    while (usbredirparser_has_data_to_write(peer.parser))
        if (usbredirparser_do_write(peer.parser))
            break;
    if (poll(&fd, 1, limit_ms) > 0)
        usbredirparser_do_read(peer.parser);
}

#define LISTEN_UNTIL(condition)                                                                    \
    do {                                                                                           \
        const int64_t end_ms = now_ms() + TIMEOUT_MS;                                              \
        while (!(condition) && !peer.gone && now_ms() < end_ms)                                    \
            listen_ms(100);                                                                        \
        assert_true(condition);                                                                    \
    } while (0)

static int open_peer(void **state)
{
    uint32_t caps[USB_REDIR_CAPS_SIZE] = {0};
    (void)state;
    peer = (struct peer){.fd = connect_socket(), .parser = usbredirparser_create()};
    peer.parser->log_func = be_silent;
    peer.parser->read_func = read_socket;
    peer.parser->write_func = write_socket;
    peer.parser->hello_func = on_hello;
    peer.parser->device_connect_func = on_connect;
    peer.parser->device_disconnect_func = on_disconnect;
    peer.parser->interface_info_func = on_interface_info;
    peer.parser->ep_info_func = on_ep_info;
    peer.parser->configuration_status_func = on_configuration_status;
    peer.parser->alt_setting_status_func = on_alt_setting_status;
    peer.parser->control_packet_func = on_control_packet;
    peer.parser->bulk_packet_func = on_bulk_packet;
    usbredirparser_caps_set_cap(caps, usb_redir_cap_connect_device_version);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_ep_info_max_packet_size);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_64bits_ids);
    usbredirparser_caps_set_cap(caps, usb_redir_cap_32bits_bulk_length);
    usbredirparser_init(peer.parser, "peer", caps, USB_REDIR_CAPS_SIZE, 0);
    LISTEN_UNTIL(peer.connects == 1);
    usbredirparser_send_reset(peer.parser);
    return 0;
}

static int close_peer(void **state)
{
    (void)state;
    close(peer.fd);
    usbredirparser_destroy(peer.parser);
    return 0;
}

/* ---- what it says ---- */

static int ask_control(uint8_t type, uint8_t code, uint16_t value, uint16_t n_bytes)
{
    const int before = peer.controls;
    struct usb_redir_control_packet_header header = {.endpoint = type & 0x80,
                                                     .requesttype = type,
                                                     .request = code,
                                                     .value = value,
                                                     .length = n_bytes};
    usbredirparser_send_control_packet(peer.parser, 7, &header, NULL, 0);
    LISTEN_UNTIL(peer.controls > before);
    assert_int_equal(peer.id, 7);
    return peer.control.status;
}

static void send_bulk(uint64_t id, uint8_t endpoint, uint8_t *data, uint16_t n_bytes)
{
    struct usb_redir_bulk_packet_header header = {.endpoint = endpoint, .length = n_bytes};
    usbredirparser_send_bulk_packet(peer.parser, id, &header, data, data ? n_bytes : 0);
}

static void works(uint16_t sequence)
{
    uint8_t bytes[ANSWER_BYTES];
    int n = 0;
    query(bytes, sequence);
    peer.bulks = 0;
    send_bulk(11, EDDY_USB_ENDPOINT_OUT, bytes, QUERY_BYTES);
    LISTEN_UNTIL(peer.bulks == 1);
    assert_int_equal(peer.bulk.status, usb_redir_success);
    assert_int_equal(peer.bulk.length, QUERY_BYTES);
    for (uint64_t id = 12; n < ANSWER_BYTES; id++) {
        peer.bulks = 0;
        send_bulk(id, EDDY_USB_ENDPOINT_IN, NULL, 512);
        LISTEN_UNTIL(peer.bulks == 1);
        assert_int_equal(peer.id, id);
        assert_int_equal(peer.bulk.status, usb_redir_success);
        assert_true(peer.n_data <= ANSWER_BYTES - n);
        memcpy(bytes + n, peer.data, (size_t)peer.n_data);
        n += peer.n_data;
    }
    assert_int_equal(bytes[1], ANSWER_MAGIC);
    assert_int_equal(bytes[4] | bytes[5] << 8, sequence);
}

/* ---- the tests ---- */

static void test_what_is_shown(void **state)
{
    (void)state;
    assert_int_equal(peer.device.vendor_id, EDDY_USB_VENDOR);
    assert_int_equal(peer.device.product_id, EDDY_USB_PRODUCT);
    assert_int_equal(peer.device.device_version_bcd, EDDY_USB_RELEASE);
    assert_int_equal(peer.device.speed, usb_redir_speed_full);
    assert_int_equal(peer.interfaces.interface_count, 1);
    assert_int_equal(peer.interfaces.interface_class[0], 0xff);
    for (int slot = 0; slot < 32; slot++)
        assert_int_equal(peer.endpoints.type[slot], slot % 16 == 0   ? usb_redir_type_control
                                                    : slot % 16 == 1 ? usb_redir_type_bulk
                                                                     : usb_redir_type_invalid);
    assert_int_equal(peer.endpoints.max_packet_size[1], EDDY_USB_PACKET_BYTES);
    assert_int_equal(peer.endpoints.max_packet_size[17], EDDY_USB_PACKET_BYTES);
}

static void test_control(void **state)
{
    (void)state;
    assert_int_equal(ask_control(0x80, 6, 0x0100, 64), usb_redir_success);
    assert_int_equal(peer.n_data, 18);
    assert_int_equal(peer.data[8] | peer.data[9] << 8, EDDY_USB_VENDOR);
    assert_int_equal(ask_control(0xc0, 99, 0, 8), usb_redir_stall);
    assert_int_equal(peer.n_data, 0);
    assert_int_equal(ask_control(0x40, EDDY_USB_REQUEST_RESET, 0, 0), usb_redir_success);
}

static void test_settings(void **state)
{
    struct usb_redir_set_configuration_header configuration = {1};
    struct usb_redir_set_alt_setting_header setting = {0, 0};
    struct usb_redir_get_alt_setting_header get = {0};
    (void)state;
    works(1); /* the toggles are not where they begin */
    usbredirparser_send_set_configuration(peer.parser, 1, &configuration);
    usbredirparser_send_get_configuration(peer.parser, 2);
    LISTEN_UNTIL(peer.configurations == 2);
    assert_int_equal(peer.configuration.status, usb_redir_success);
    assert_int_equal(peer.configuration.configuration, 1);
    works(2);
    usbredirparser_send_set_alt_setting(peer.parser, 3, &setting);
    usbredirparser_send_get_alt_setting(peer.parser, 4, &get);
    LISTEN_UNTIL(peer.settings == 2);
    assert_int_equal(peer.setting.status, usb_redir_success);
    assert_int_equal(peer.id, 4);
    works(3);
}

static void test_cancel(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 3; id++)
        send_bulk(id, EDDY_USB_ENDPOINT_IN, NULL, 512);
    usbredirparser_send_cancel_data_packet(peer.parser, 2);
    LISTEN_UNTIL(peer.bulks == 1);
    assert_int_equal(peer.id, 2);
    assert_int_equal(peer.bulk.status, usb_redir_cancelled);
    usbredirparser_send_cancel_data_packet(peer.parser, 2); /* it is over */
    usbredirparser_send_cancel_data_packet(peer.parser, 3);
    usbredirparser_send_cancel_data_packet(peer.parser, 1);
    LISTEN_UNTIL(peer.bulks == 3);
    assert_int_equal(peer.id, 1);
    works(4);
}

/* The device is gone: no word any more of what was in flight. */
static void test_unplug(void **state)
{
    (void)state;
    works(5);
    send_bulk(1, EDDY_USB_ENDPOINT_IN, NULL, 512);
    ask_control(0x80, 6, 0x0100, 18); /* so that it is in flight */
    peer.bulks = 0;
    command_boards("unplug 0");
    LISTEN_UNTIL(peer.disconnects == 1);
    command_boards("plug 0");
    LISTEN_UNTIL(peer.connects == 2);
    assert_int_equal(peer.bulks, 0);
    works(6);
}

static void test_one_peer_a_board(void **state)
{
    uint8_t byte;
    const int second = connect_socket();
    assert_int_equal(read(second, &byte, 1), 0);
    close(second);
    works(7);
    close_peer(state);
    open_peer(state); /* one after the other */
    works(8);
}

static void put(uint8_t *bytes, size_t *n, uint64_t value, int n_bytes)
{
    for (int i = 0; i < n_bytes; i++)
        bytes[(*n)++] = (uint8_t)(value >> 8 * i);
}

/* A message of any kind with a body that has the right length more often than not. */
static size_t random_message(struct random *random, uint8_t *bytes)
{
    static const int kinds[] = {0,  1,  2,  3,  4,  5,  6,  7,  9,  10,  12,  13,  15,  16,  18,
                                19, 21, 22, 23, 24, 25, 26, 27, 50, 100, 101, 101, 102, 103, 104};
    static const int sizes[128] = {[6] = 1,  [9] = 2,  [10] = 1, [12] = 3,   [13] = 1,  [15] = 1,
                                   [16] = 1, [18] = 8, [19] = 4, [100] = 10, [101] = 10};
    const int kind = kinds[random_between(random, 0, sizeof kinds / sizeof *kinds - 1)];
    const int n_body = random_between(random, 0, 3) ? sizes[kind] : random_between(random, 0, 40);
    size_t n = 0;
    put(bytes, &n, (uint64_t)kind, 4);
    put(bytes, &n, (uint64_t)n_body, 4);
    put(bytes, &n, (uint64_t)random_between(random, 0, 3), 8);
    for (int i = 0; i < n_body; i++)
        put(bytes, &n,
            random_between(random, 0, 1) ? (uint64_t)random_between(random, 0, 255)
                                         : (uint64_t)(random_between(random, 0, 3) * 0x40 + 1),
            1);
    return n;
}

static void test_bad_peers(void **state)
{
    struct random random = {1};
    uint8_t hello[12 + 64 + 4] = {0}, message[256];
    size_t n = 0;
    put(hello, &n, usb_redir_hello, 4);
    put(hello, &n, 64 + 4, 4);
    hello[76] = 1 << usb_redir_cap_64bits_ids | 1 << usb_redir_cap_32bits_bulk_length |
                1 << usb_redir_cap_connect_device_version |
                1 << usb_redir_cap_ep_info_max_packet_size;
    close_peer(state);
    for (int round = 0; round < 100; round++) {
        const int fd = connect_socket();
        bool open = send(fd, hello, sizeof hello, MSG_NOSIGNAL) > 0;
        for (int i = random_between(&random, 1, 20); i > 0 && open; i--)
            open = send(fd, message, random_message(&random, message), MSG_NOSIGNAL) > 0;
        close(fd);
    }
    open_peer(state);
    works(9);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_peer, close_peer)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_shown), TEST(test_control), TEST(test_settings),
        TEST(test_cancel),        TEST(test_unplug),  TEST(test_one_peer_a_board),
        TEST(test_bad_peers),
    };
    if (argc != 2)
        return 2;
    socket_path = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
