/* client_users.c -- what users do to a board: kill a client, lack permission, unplug it and plug it in again. */
#include "client.h"

#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void die_in_flight(void)
{
    static struct flight flights[8];
    handle = NULL;
    if (libusb_init(&usb) == 0)
        handle = libusb_open_device_with_vid_pid(usb, EDDY_USB_VENDOR, EDDY_USB_PRODUCT);
    if (!handle || libusb_claim_interface(handle, 0))
        _exit(1);
    for (int i = 0; i < 8; i++) {
        flights[i].transfer = libusb_alloc_transfer(0);
        libusb_fill_bulk_transfer(flights[i].transfer, handle, EDDY_USB_ENDPOINT_IN,
                                  flights[i].data, sizeof flights[i].data, NULL, NULL, 0);
        if (libusb_submit_transfer(flights[i].transfer))
            _exit(1);
    }
    raise(SIGKILL);
}

static void test_killed_client(void **state)
{
    int status, claimed = LIBUSB_ERROR_BUSY;
    (void)state;
    libusb_release_interface(handle, 0);
    const pid_t child = fork();
    if (child == 0)
        die_in_flight();
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    for (int tries = 0; tries < 100 && claimed == LIBUSB_ERROR_BUSY; tries++) {
        usleep(10000);
        claimed = libusb_claim_interface(handle, 0);
    }
    assert_int_equal(claimed, 0);
    empty();
    works(14);
}

/* ---- permission: the file of the board is 0660 ---- */

#define NOBODY 65534
#define NO_OTHER_USER 100

static void file_of_board(struct stat *file)
{
    char path[64];
    libusb_device *device = libusb_get_device(handle);
    snprintf(path, sizeof path, "/dev/bus/usb/%03d/%03d", libusb_get_bus_number(device),
             libusb_get_device_address(device));
    assert_int_equal(stat(path, file), 0);
    assert_int_equal(file->st_mode & 0777, 0660);
}

/* What libusb_open says to nobody, in that group. */
static int open_as(gid_t group)
{
    const uint8_t address = libusb_get_device_address(libusb_get_device(handle));
    const pid_t child = fork();
    if (child == 0) {
        libusb_context *own;
        libusb_device **devices;
        libusb_device_handle *board;
        const bool other = setgroups(0, NULL) == 0 && setgid(group) == 0 && setuid(NOBODY) == 0;
        if (!other || access("/", X_OK))
            _exit(NO_OTHER_USER);
        const ssize_t n = libusb_init(&own) ? 0 : libusb_get_device_list(own, &devices);
        for (ssize_t i = 0; i < n; i++)
            if (libusb_get_device_address(devices[i]) == address)
                _exit(-libusb_open(devices[i], &board));
        _exit(-LIBUSB_ERROR_NOT_FOUND);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == NO_OTHER_USER)
        skip();
    return -WEXITSTATUS(status);
}

static void test_no_permission(void **state)
{
    struct stat file;
    (void)state;
    file_of_board(&file);
    assert_int_not_equal(file.st_gid, NOBODY);
    assert_int_equal(open_as(NOBODY), LIBUSB_ERROR_ACCESS);
}

static void test_permission_of_the_group(void **state)
{
    struct stat file;
    (void)state;
    file_of_board(&file);
    assert_int_equal(open_as(file.st_gid), 0);
}

/* ---- plugs ---- */

static int arrived, left;

static int LIBUSB_CALL hotplugged(libusb_context *context, libusb_device *device,
                                  libusb_hotplug_event event, void *user)
{
    (void)context, (void)device, (void)user;
    *(event == LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED ? &arrived : &left) += 1;
    return 0;
}

static libusb_hotplug_callback_handle watch(void)
{
    libusb_hotplug_callback_handle callback;
    arrived = left = 0;
    assert_int_equal(libusb_hotplug_register_callback(
                         usb,
                         LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
                         LIBUSB_HOTPLUG_ENUMERATE, EDDY_USB_VENDOR, EDDY_USB_PRODUCT,
                         LIBUSB_HOTPLUG_MATCH_ANY, hotplugged, NULL, &callback),
                     0);
    return callback;
}

static void wait_for(const int *event, int count)
{
    HANDLE_EVENTS_UNTIL(*event >= count);
    assert_int_equal(*event, count);
}

static void plug_again(void **state)
{
    command("plug 0");
    close_board(state);
    assert_int_equal(open_board(state), 0);
}

static void unplug_in_flight(void **state, struct flight *flights, int n)
{
    command("unplug 0");
    await(flights, n);
    assert_int_equal(flights[n - 1].status, LIBUSB_TRANSFER_NO_DEVICE);
    plug_again(state);
    works(15);
}

static void test_unplug_reads_in_flight(void **state)
{
    static struct flight flights[8];
    launch_all(flights, 8, EDDY_USB_ENDPOINT_IN);
    unplug_in_flight(state, flights, 8);
    for (int i = 0; i < 8; i++)
        assert_int_equal(flights[i].status, LIBUSB_TRANSFER_NO_DEVICE);
}

/* Nobody reads the answers: most of the queries stay where they are. */
static void test_unplug_writes_in_flight(void **state)
{
    static struct flight flights[8];
    for (int i = 0; i < 8; i++)
        for (int at = 0; at < (int)sizeof flights[i].data; at += QUERY_BYTES)
            query(flights[i].data + at, (uint16_t)i);
    launch_all(flights, 8, EDDY_USB_ENDPOINT_OUT);
    unplug_in_flight(state, flights, 8);
}

static void test_submit_after_unplug(void **state)
{
    uint8_t data[64] = {0};
    int moved;
    (void)state;
    const libusb_hotplug_callback_handle callback = watch();
    command("unplug 0");
    wait_for(&left, 1);
    assert_int_equal(bulk(EDDY_USB_ENDPOINT_OUT, data, sizeof data, TIMEOUT_MS, &moved),
                     LIBUSB_ERROR_NO_DEVICE);
    assert_int_equal(bulk(EDDY_USB_ENDPOINT_IN, data, sizeof data, TIMEOUT_MS, &moved),
                     LIBUSB_ERROR_NO_DEVICE);
    assert_int_equal(read_id(data, sizeof data), LIBUSB_ERROR_NO_DEVICE);
    assert_int_equal(libusb_clear_halt(handle, EDDY_USB_ENDPOINT_IN), LIBUSB_ERROR_NO_DEVICE);
    libusb_hotplug_deregister_callback(usb, callback);
    plug_again(state);
    works(16);
}

static void test_hotplug(void **state)
{
    (void)state;
    const libusb_hotplug_callback_handle callback = watch();
    assert_int_equal(arrived, 1); /* it is there already */
    for (int round = 1; round <= 3; round++) {
        command("unplug 0");
        wait_for(&left, round);
        command("plug 0");
        wait_for(&arrived, round + 1);
    }
    libusb_hotplug_deregister_callback(usb, callback);
    plug_again(state);
    works(17);
}

const struct CMUnitTest user_checks[] = {
    CHECK(test_killed_client),
    CHECK(test_no_permission),
    CHECK(test_permission_of_the_group),
    CHECK(test_unplug_reads_in_flight),
    CHECK(test_unplug_writes_in_flight),
    CHECK(test_submit_after_unplug),
    CHECK(test_hotplug),
    NO_CHECK,
};
