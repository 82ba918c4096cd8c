/* client_flights.c -- asynchronous transfers: many in flight, cancelled, streaming, through a reset. */
#include "client.h"

#include <pthread.h>

static void test_cancel(void **state)
{
    static struct flight flights[8];
    (void)state;
    launch_all(flights, 8, EDDY_USB_ENDPOINT_IN);
    cancel(flights, 8);
    await(flights, 8);
    for (int i = 0; i < 8; i++)
        assert_int_equal(flights[i].status, LIBUSB_TRANSFER_CANCELLED);
    works(12);
}

/* Nobody reads the answers: the board takes no more. */
static void test_cancel_writes(void **state)
{
    static struct flight flights[8];
    (void)state;
    for (int i = 0; i < 8; i++)
        for (int at = 0; at < (int)sizeof flights[i].data; at += QUERY_BYTES)
            query(flights[i].data + at, (uint16_t)i);
    launch_all(flights, 8, EDDY_USB_ENDPOINT_OUT);
    HANDLE_EVENTS_UNTIL(flights[0].status >= 0);
    assert_int_equal(flights[0].status, LIBUSB_TRANSFER_COMPLETED);
    cancel(flights, 8);
    await(flights, 8);
    assert_int_equal(flights[7].status, LIBUSB_TRANSFER_CANCELLED);
    empty();
    works(14);
}

static volatile int stop_events;

static void *event_thread(void *user)
{
    (void)user;
    while (!stop_events)
        handle_events(50);
    return NULL;
}

static void test_thread_of_events(void **state)
{
    pthread_t thread;
    (void)state;
    stop_events = 0;
    assert_int_equal(pthread_create(&thread, NULL, event_thread, NULL), 0);
    for (uint16_t n = 0; n < 50; n++)
        works(n);
    stop_events = 1;
    libusb_interrupt_event_handler(usb);
    pthread_join(thread, NULL);
}

/* ---- streaming: four transfers OUT and eight IN that fly again from their callbacks ---- */

#define STREAM_QUERIES 640
#define STREAM_BYTES (STREAM_QUERIES * ANSWER_BYTES)
static uint8_t stream_answers[STREAM_BYTES + sizeof(((struct flight *)0)->data)];
static size_t stream_asked, stream_bytes;

static int fill(struct flight *flight)
{
    int n = 0;
    for (; n < 8 && stream_asked < STREAM_QUERIES; n++)
        query(flight->data + n * QUERY_BYTES, (uint16_t)stream_asked++);
    return n * QUERY_BYTES;
}

static bool ask_again(struct flight *flight)
{
    flight->transfer->length = fill(flight);
    return flight->transfer->length > 0;
}

static bool take_answer(struct flight *flight)
{
    const size_t n_bytes = (size_t)flight->transfer->actual_length;
    if (stream_bytes < STREAM_BYTES) {
        memcpy(stream_answers + stream_bytes, flight->data, n_bytes);
        stream_bytes += n_bytes;
    }
    return stream_bytes < STREAM_BYTES;
}

static void test_streaming(void **state)
{
    static struct flight in[8], out[4];
    (void)state;
    stream_asked = stream_bytes = 0;
    launch_all(in, 8, EDDY_USB_ENDPOINT_IN);
    for (int i = 0; i < 8; i++)
        in[i].next = take_answer;
    for (int i = 0; i < 4; i++) {
        out[i].next = ask_again;
        launch(&out[i], EDDY_USB_ENDPOINT_OUT, fill(&out[i]));
    }
    await(out, 4);
    HANDLE_EVENTS_UNTIL(stream_bytes >= STREAM_BYTES);
    assert_int_equal(stream_bytes, STREAM_BYTES);
    cancel(in, 8);
    await(in, 8);
    for (uint16_t q = 0; q < STREAM_QUERIES; q++)
        check_answer(stream_answers + q * ANSWER_BYTES, q);
    works(15);
}

/* ---- resets of the port ---- */

static void test_reset(void **state)
{
    uint8_t bytes[QUERY_BYTES];
    (void)state;
    query(bytes, 1);
    send(bytes, sizeof bytes);
    assert_int_equal(libusb_reset_device(handle), 0);
    works(13);
}

static void test_reset_in_flight(void **state)
{
    static struct flight flights[8];
    (void)state;
    launch_all(flights, 8, EDDY_USB_ENDPOINT_IN);
    assert_int_equal(libusb_reset_device(handle), 0);
    await(flights, 8);
    works(14);
}

const struct CMUnitTest flight_checks[] = {
    CHECK(test_cancel),
    CHECK(test_cancel_writes),
    CHECK(test_thread_of_events),
    CHECK(test_streaming),
    CHECK(test_reset),
    CHECK(test_reset_in_flight),
    NO_CHECK,
};
