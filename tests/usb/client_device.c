/* client_device.c -- what a board is: enumeration, strings, claims, requests of control. */
#include "client.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define CONFIGURATION_BYTES 32

static void test_enumeration(void **state)
{
    struct libusb_device_descriptor descriptor;
    (void)state;
    assert_int_equal(libusb_get_device_descriptor(libusb_get_device(handle), &descriptor), 0);
    assert_int_equal(descriptor.bcdUSB, 0x0110);
    assert_int_equal(descriptor.bDeviceClass, LIBUSB_CLASS_VENDOR_SPEC);
    assert_int_equal(descriptor.bcdDevice, EDDY_USB_RELEASE);
    assert_int_equal(libusb_get_device_speed(libusb_get_device(handle)), LIBUSB_SPEED_FULL);
}

static void test_configuration(void **state)
{
    struct libusb_config_descriptor *config;
    int number;
    (void)state;
    assert_int_equal(libusb_get_configuration(handle, &number), 0);
    assert_int_equal(number, 1);
    assert_int_equal(libusb_get_active_config_descriptor(libusb_get_device(handle), &config), 0);
    assert_int_equal(config->interface[0].altsetting[0].bNumEndpoints, 2);
    libusb_free_config_descriptor(config);
    assert_int_equal(libusb_get_max_packet_size(libusb_get_device(handle), EDDY_USB_ENDPOINT_IN),
                     EDDY_USB_PACKET_BYTES);
}

static void test_set_configuration(void **state)
{
    uint8_t bytes[ANSWER_BYTES];
    (void)state;
    query(bytes, 1);
    send(bytes, QUERY_BYTES); /* the toggle is not where it begins */
    assert_int_equal(libusb_set_configuration(handle, 1), LIBUSB_ERROR_BUSY);
    assert_int_equal(libusb_release_interface(handle, 0), 0);
    assert_int_equal(libusb_set_configuration(handle, 7), LIBUSB_ERROR_NOT_FOUND);
    assert_int_equal(libusb_set_configuration(handle, 1), 0);
    assert_int_equal(libusb_claim_interface(handle, 0), 0);
    receive(bytes, ANSWER_BYTES);
    check_answer(bytes, 1);
    works(2);
}

/* What the front shows is what the board says when it is asked now. */
static void test_descriptors_are_the_boards(void **state)
{
    uint8_t shown[18 + CONFIGURATION_BYTES + 1], said[255];
    char path[64];
    libusb_device *device = libusb_get_device(handle);
    (void)state;
    snprintf(path, sizeof path, "/dev/bus/usb/%03d/%03d", libusb_get_bus_number(device),
             libusb_get_device_address(device));
    const int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, shown, sizeof shown), sizeof shown - 1);
    close(fd);
    assert_int_equal(libusb_get_descriptor(handle, LIBUSB_DT_DEVICE, 0, said, sizeof said), 18);
    assert_memory_equal(shown, said, 18);
    assert_int_equal(libusb_get_descriptor(handle, LIBUSB_DT_CONFIG, 0, said, sizeof said),
                     CONFIGURATION_BYTES);
    assert_memory_equal(shown + 18, said, CONFIGURATION_BYTES);
}

static void expect_text(uint8_t index, const char *expected)
{
    unsigned char text[64];
    assert_true(libusb_get_string_descriptor_ascii(handle, index, text, sizeof text) > 0);
    assert_string_equal((char *)text, expected);
}

static void test_manufacturer(void **state)
{
    (void)state;
    expect_text(1, EDDY_USB_MANUFACTURER);
}

static void test_product(void **state)
{
    (void)state;
    expect_text(2, EDDY_USB_PRODUCT_NAME);
}

static void test_serial(void **state)
{
    (void)state;
    expect_text(3, "00000001");
}

static void test_no_such_string(void **state)
{
    unsigned char text[64];
    (void)state;
    assert_int_equal(libusb_get_string_descriptor(handle, 9, 0x0409, text, sizeof text),
                     LIBUSB_ERROR_PIPE);
    test_serial(state);
}

static void test_second_claim_is_refused(void **state)
{
    libusb_device_handle *other;
    (void)state;
    assert_int_equal(libusb_open(libusb_get_device(handle), &other), 0);
    assert_int_equal(libusb_claim_interface(other, 0), LIBUSB_ERROR_BUSY);
    libusb_close(other);
}

static void test_claim_passes_on(void **state)
{
    libusb_device_handle *other;
    (void)state;
    assert_int_equal(libusb_open(libusb_get_device(handle), &other), 0);
    assert_int_equal(libusb_release_interface(handle, 0), 0);
    assert_int_equal(libusb_claim_interface(other, 0), 0);
    assert_int_equal(libusb_claim_interface(handle, 0), LIBUSB_ERROR_BUSY);
    libusb_close(other);
    assert_int_equal(libusb_claim_interface(handle, 0), 0);
    works(1);
}

static void test_no_transfer_without_the_claim(void **state)
{
    libusb_device_handle *other;
    uint8_t bytes[QUERY_BYTES];
    int moved;
    (void)state;
    query(bytes, 1);
    assert_int_equal(libusb_open(libusb_get_device(handle), &other), 0);
    assert_int_equal(
        libusb_bulk_transfer(other, EDDY_USB_ENDPOINT_OUT, bytes, sizeof bytes, &moved, TIMEOUT_MS),
        LIBUSB_ERROR_IO);
    libusb_close(other);
    works(2);
}

static void test_release_ends_transfers(void **state)
{
    static struct flight flights[4];
    (void)state;
    launch_all(flights, 4, EDDY_USB_ENDPOINT_IN);
    assert_int_equal(libusb_release_interface(handle, 0), 0);
    await(flights, 4);
    assert_int_equal(libusb_claim_interface(handle, 0), 0);
    works(3);
}

static void test_alternate_setting(void **state)
{
    (void)state;
    assert_int_equal(libusb_set_interface_alt_setting(handle, 0, 0), 0);
    works(1);
}

static void test_vendor_in(void **state)
{
    uint8_t id[64];
    (void)state;
    assert_int_equal(read_id(id, sizeof id), EDDY_USB_ID_BYTES);
    assert_memory_equal(id, "EDDY", 4);
    assert_int_equal(read_id(id, 5), 5);
}

static void test_vendor_out(void **state)
{
    uint8_t bytes[QUERY_BYTES];
    (void)state;
    query(bytes, 1);
    send(bytes, sizeof bytes);
    send(bytes, 5);
    empty();
    works(2);
}

static void test_control_stall(void **state)
{
    uint8_t data[8] = {0};
    (void)state;
    assert_int_equal(libusb_control_transfer(handle, VENDOR_IN, 99, 0, 0, data, 8, TIMEOUT_MS),
                     LIBUSB_ERROR_PIPE);
    assert_int_equal(libusb_control_transfer(handle, VENDOR_OUT, 99, 0, 0, data, 8, TIMEOUT_MS),
                     LIBUSB_ERROR_PIPE);
    test_vendor_in(state);
}

const struct CMUnitTest device_checks[] = {
    CHECK(test_enumeration),
    CHECK(test_configuration),
    CHECK(test_set_configuration),
    CHECK(test_descriptors_are_the_boards),
    CHECK(test_manufacturer),
    CHECK(test_product),
    CHECK(test_serial),
    CHECK(test_no_such_string),
    CHECK(test_second_claim_is_refused),
    CHECK(test_claim_passes_on),
    CHECK(test_no_transfer_without_the_claim),
    CHECK(test_release_ends_transfers),
    CHECK(test_alternate_setting),
    CHECK(test_vendor_in),
    CHECK(test_vendor_out),
    CHECK(test_control_stall),
    NO_CHECK,
};
