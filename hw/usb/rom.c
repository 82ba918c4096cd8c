/* rom.c -- makes the board's ROM, as a Verilog module, and the constants of the RTL.
 *
 *   rom PRESET HASH      HASH: hexadecimal, at least EDDY_USB_HASH_BYTES bytes
 *
 * The ROM starts with a directory, two words an entry: where it begins, how long it is. A word has 9 bits: a byte, or
 * 0x100 + n for digit n of the serial number.
 */
#include "usb_format.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOW(word) (uint8_t)(word), (uint8_t)((word) >> 8)
#define ROM_WORDS 256
#define DIGIT 0x100

enum entry {
    DEVICE,
    CONFIGURATION,
    STRING_LANGUAGE,
    STRING_MANUFACTURER,
    STRING_PRODUCT,
    STRING_SERIAL,
    IDENTITY,
    WORD_0, /* answers of GET_STATUS */
    WORD_1,
    BYTE_0, /* answers of GET_CONFIGURATION and GET_INTERFACE */
    BYTE_1,
    ENTRIES
};

static const char *const names[ENTRIES] = {
    "DEVICE", "CONFIGURATION", "LANGUAGE", "MANUFACTURER", "PRODUCT", "SERIAL",
    "ID",     "WORD_0",        "WORD_1",   "BYTE_0",       "BYTE_1",
};

static const uint8_t device[] = {
    18,
    1,
    LOW(0x0110),
    0xff,
    0,
    0,
    EDDY_USB_PACKET_BYTES,
    LOW(EDDY_USB_VENDOR),
    LOW(EDDY_USB_PRODUCT),
    LOW(EDDY_USB_RELEASE),
    1,
    2,
    3,
    1,
};
static const uint8_t configuration[] = {
    /* bus-powered, 100 mA */
    9,       2,
    LOW(32), 1,
    1,       0,
    0x80,    50,
    9,       4,
    0,       0,
    2,       0xff,
    0,       0,
    0,       7,
    5,       EDDY_USB_ENDPOINT_OUT,
    2,       LOW(EDDY_USB_PACKET_BYTES),
    0,       7,
    5,       EDDY_USB_ENDPOINT_IN,
    2,       LOW(EDDY_USB_PACKET_BYTES),
    0,
};
static const uint8_t language[] = {4, 3, LOW(0x0409)};
static const uint8_t constants[] = {0, 0, 1, 0};

static uint16_t rom[ROM_WORDS];
static unsigned used = 2 * ENTRIES;

static void begin(enum entry entry)
{
    rom[2 * entry] = (uint16_t)used;
}

static void end(enum entry entry)
{
    rom[2 * entry + 1] = (uint16_t)(used - rom[2 * entry]);
}

static void put(uint16_t word)
{
    if (used == ROM_WORDS) {
        fputs("rom: the descriptors do not fit\n", stderr);
        exit(EXIT_FAILURE);
    }
    rom[used++] = word;
}

static void put_bytes(enum entry entry, const uint8_t *bytes, size_t n_bytes)
{
    begin(entry);
    for (size_t i = 0; i < n_bytes; i++)
        put(bytes[i]);
    end(entry);
}

static void put_string(enum entry entry, const char *text)
{
    begin(entry);
    put((uint16_t)(2 + 2 * strlen(text)));
    put(3);
    for (; *text; text++) {
        put((uint8_t)*text);
        put(0);
    }
    end(entry);
}

static void put_serial(void)
{
    begin(STRING_SERIAL);
    put(2 + 2 * EDDY_USB_SERIAL_DIGITS);
    put(3);
    for (uint16_t digit = 0; digit < EDDY_USB_SERIAL_DIGITS; digit++) {
        put((uint16_t)(DIGIT + EDDY_USB_SERIAL_DIGITS - 1 - digit));
        put(0);
    }
    end(STRING_SERIAL);
}

static void put_identity(const char *preset, const char *hash)
{
    const unsigned number = (unsigned)strtoul(preset, NULL, 0);
    uint8_t id[EDDY_USB_ID_BYTES] = {'E', 'D', 'D', 'Y', LOW(number)};
    for (size_t i = 0; i < EDDY_USB_HASH_BYTES; i++) {
        unsigned byte;
        if (sscanf(hash + 2 * i, "%2x", &byte) != 1) {
            fputs("rom: the hash is too short or not hexadecimal\n", stderr);
            exit(EXIT_FAILURE);
        }
        id[EDDY_USB_ID_HASH + i] = (uint8_t)byte;
    }
    put_bytes(IDENTITY, id, sizeof id);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: rom PRESET HASH\n", stderr);
        return 2;
    }
    put_bytes(DEVICE, device, sizeof device);
    put_bytes(CONFIGURATION, configuration, sizeof configuration);
    put_bytes(STRING_LANGUAGE, language, sizeof language);
    put_string(STRING_MANUFACTURER, EDDY_USB_MANUFACTURER);
    put_string(STRING_PRODUCT, EDDY_USB_PRODUCT_NAME);
    put_serial();
    put_identity(argv[1], argv[2]);
    put_bytes(WORD_0, constants, 2);
    put_bytes(WORD_1, constants + 2, 2);
    put_bytes(BYTE_0, constants, 1);
    put_bytes(BYTE_1, constants + 2, 1);
    printf("// Made by rom.c from usb_format.h.\n");
    for (int entry = 0; entry < ENTRIES; entry++)
        printf("`define USB_ROM_%s 4'd%d\n", names[entry], entry);
    printf("`define USB_REQUEST_RESET 8'd%d\n`define USB_REQUEST_ID 8'd%d\n"
           "`define USB_PACKET_BYTES %d\n\n",
           EDDY_USB_REQUEST_RESET, EDDY_USB_REQUEST_ID, EDDY_USB_PACKET_BYTES);
    printf("module usb_rom (\n    input  wire       clk,\n    input  wire [7:0] address_i,\n"
           "    output reg  [8:0] data_o\n);\n  reg [8:0] rom[0:%d];\n  initial begin\n",
           ROM_WORDS - 1);
    for (unsigned i = 0; i < ROM_WORDS; i++)
        printf("    rom[%u] = 9'h%03x;\n", i, rom[i]);
    printf("  end\n  always @(posedge clk) data_o <= rom[address_i];\nendmodule\n");
    return 0;
}
