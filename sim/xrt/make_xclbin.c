/* make_xclbin.c -- writes an xclbin for XRT's hardware emulation: make_xclbin DEVICE METADATA OUTPUT [MEMORY_KIB],
 * where DEVICE is the process that XRT shall start. The same input gives the same bytes. */
#include "card.h"
#include "xrt/registers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <uuid/uuid.h>
#include <xclbin.h>
#include <zip.h>

/* XRT runs it in the folder where it unpacked the device; it sees no output. */
static const char launcher[] = "#!/bin/sh\nexec ./eddy_card > eddy_card.log 2>&1\n";
#define FOLDER "behav_waveform/xsim/"
#define SECTIONS 5

struct bytes {
    void *data;
    size_t n;
};

static _Noreturn void fail(const char *what, const char *detail)
{
    fprintf(stderr, "make_xclbin: %s: %s\n", what, detail);
    exit(EXIT_FAILURE);
}

static struct bytes read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (!file || fstat(fileno(file), &status))
        fail(path, "cannot be read");
    struct bytes bytes = {malloc((size_t)status.st_size), (size_t)status.st_size};
    if (!bytes.data || fread(bytes.data, 1, bytes.n, file) != bytes.n)
        fail(path, "cannot be read");
    fclose(file);
    return bytes;
}

static void add_to_zip(zip_t *zip, const char *name, const void *data, size_t n)
{
    zip_source_t *source = zip_source_buffer(zip, data, n, 0);
    const zip_int64_t index = source ? zip_file_add(zip, name, source, 0) : -1;
    /* MS-DOS time, the first that there is; executable for everybody. */
    if (index < 0 || zip_file_set_dostime(zip, (zip_uint64_t)index, 0, 0x0021, 0) ||
        zip_set_file_compression(zip, (zip_uint64_t)index, ZIP_CM_DEFLATE, 9) ||
        zip_file_set_external_attributes(zip, (zip_uint64_t)index, 0, ZIP_OPSYS_UNIX,
                                         (zip_uint32_t)(S_IFREG | 0755) << 16))
        fail(name, zip_strerror(zip));
}

/* The BITSTREAM section: a zip archive of what XRT unpacks and runs. */
static struct bytes make_archive(const char *device)
{
    const struct bytes program = read_file(device);
    zip_error_t error;
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, &error);
    zip_t *zip = target ? zip_open_from_source(target, ZIP_TRUNCATE, &error) : NULL;
    if (!zip)
        fail("zip", zip_error_strerror(&error));
    zip_source_keep(target);
    add_to_zip(zip, FOLDER "simulate.sh", launcher, sizeof launcher - 1);
    add_to_zip(zip, FOLDER "eddy_card", program.data, program.n);
    if (zip_close(zip))
        fail("zip", zip_strerror(zip));
    zip_stat_t status;
    if (zip_source_stat(target, &status) || zip_source_open(target))
        fail("zip", "cannot be read back");
    struct bytes archive = {malloc(status.size), status.size};
    if (!archive.data || zip_source_read(target, archive.data, archive.n) != (zip_int64_t)archive.n)
        fail("zip", "cannot be read back");
    zip_source_close(target);
    zip_source_free(target);
    free(program.data);
    return archive;
}

/* ---- sections ---- */

#define COUNT_GLOBAL(id, NAME, name, offset, qualifier, type) +((qualifier) == 1)
#define CONNECT_GLOBAL(id, NAME, name, offset, qualifier, type)                                    \
    if ((qualifier) == 1)                                                                          \
        connectivity->m_connection[n++] = (struct connection){id, 0, 0};
enum { GLOBALS = 0 XRT_ARGUMENTS(COUNT_GLOBAL) };

static struct bytes make_connectivity(void)
{
    const size_t bytes =
        offsetof(struct connectivity, m_connection) + GLOBALS * sizeof(struct connection);
    struct connectivity *connectivity = calloc(1, bytes);
    int n = 0;
    if (!connectivity)
        fail("connectivity", "out of memory");
    connectivity->m_count = GLOBALS;
    XRT_ARGUMENTS(CONNECT_GLOBAL)
    return (struct bytes){connectivity, bytes};
    /* It is in what is returned. */
    /* cppcheck-suppress memleak */
}

static struct bytes copy_of(const void *data, size_t n)
{
    struct bytes bytes = {malloc(n), n};
    if (!bytes.data)
        fail("section", "out of memory");
    memcpy(bytes.data, data, n);
    return bytes;
}

static struct bytes make_topology(uint64_t memory_kib)
{
    struct mem_topology topology = {.m_count = 1};
    topology.m_mem_data[0].m_type = MEM_DDR4;
    topology.m_mem_data[0].m_used = 1;
    topology.m_mem_data[0].m_size = memory_kib;
    memcpy(topology.m_mem_data[0].m_tag, "DDR[0]", 7);
    return copy_of(&topology, sizeof topology);
}

static struct bytes make_layout(void)
{
    static const char name[] = XRT_KERNEL_NAME ":" XRT_KERNEL_INSTANCE;
    struct ip_layout layout = {.m_count = 1};
    layout.m_ip_data[0].m_type = IP_KERNEL;
    layout.m_ip_data[0].properties = AP_CTRL_HS << IP_CONTROL_SHIFT;
    memcpy(layout.m_ip_data[0].m_name, name, sizeof name);
    return copy_of(&layout, sizeof layout);
}

/* ---- the file ---- */

struct section {
    enum axlf_section_kind kind;
    struct bytes bytes;
};

static size_t aligned(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

static struct bytes assemble(const struct section sections[SECTIONS])
{
    size_t at = aligned(sizeof(struct axlf) + (SECTIONS - 1) * sizeof(struct axlf_section_header));
    size_t total = at;
    for (int n = 0; n < SECTIONS; n++)
        total += aligned(sections[n].bytes.n);
    struct bytes file = {calloc(1, total), total};
    struct axlf *axlf = file.data;
    if (!axlf)
        fail("xclbin", "out of memory");
    memcpy(axlf->m_magic, "xclbin2", 8);
    axlf->m_signature_length = -1;
    memset(axlf->reserved, 0xff, sizeof axlf->reserved);
    axlf->m_header.m_length = total;
    axlf->m_header.m_versionMajor = 2;
    axlf->m_header.m_versionMinor = 1;
    axlf->m_header.m_mode = XCLBIN_HW_EMU;
    memcpy(axlf->m_header.m_platformVBNV, XRT_EMULATION_PLATFORM, sizeof XRT_EMULATION_PLATFORM);
    axlf->m_header.m_numSections = SECTIONS;
    struct axlf_section_header *headers = axlf->m_sections;
    for (int n = 0; n < SECTIONS; n++) {
        headers[n].m_sectionKind = sections[n].kind;
        headers[n].m_sectionOffset = at;
        headers[n].m_sectionSize = sections[n].bytes.n;
        memcpy((char *)file.data + at, sections[n].bytes.data, sections[n].bytes.n);
        at += aligned(sections[n].bytes.n);
    }
    /* The name of the file is what it holds. */
    uuid_generate_sha1(axlf->m_header.uuid, *uuid_get_template("oid"), file.data, file.n);
    return file;
}

int main(int argc, char **argv)
{
    const uint64_t memory_kib = argc == 5 ? strtoull(argv[4], NULL, 10) : CARD_MEMORY_BYTES / 1024;
    if (argc < 4 || argc > 5 || memory_kib == 0 || memory_kib > CARD_MEMORY_BYTES / 1024) {
        fputs("usage: make_xclbin DEVICE METADATA OUTPUT [MEMORY_KIB]\n", stderr);
        return 2;
    }
    struct section sections[SECTIONS] = {
        {BITSTREAM, make_archive(argv[1])},
        {EMBEDDED_METADATA, read_file(argv[2])},
        {MEM_TOPOLOGY, make_topology(memory_kib)},
        {CONNECTIVITY, make_connectivity()},
        {IP_LAYOUT, make_layout()},
    };
    const struct bytes file = assemble(sections);
    FILE *output = fopen(argv[3], "wb");
    if (!output || fwrite(file.data, 1, file.n, output) != file.n || fclose(output))
        fail(argv[3], "cannot be written");
    for (int n = 0; n < SECTIONS; n++)
        free(sections[n].bytes.data);
    free(file.data);
    return EXIT_SUCCESS;
}
