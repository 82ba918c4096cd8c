/* test_xclbin.c -- an xclbin that was cut, changed or lengthened at random is refused, and never read beyond its end. Compiled with
 * sanitizers. test_xclbin XCLBIN [CASES [SEED]] */
#include "backends/xrt_helper/xclbin_check.h"

#include "../support/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xclbin.h>

#include <cmocka.h>

static const char *good_path;
static char path[] = "/tmp/test_xclbin-XXXXXX";
static uint8_t *good, *bytes;
static size_t good_bytes;
static unsigned n_cases = 500;
static struct random rng = {1};

static int read_good(void **state)
{
    struct stat status;
    FILE *file = fopen(good_path, "rb");
    (void)state;
    if (!file || fstat(fileno(file), &status))
        return -1;
    good_bytes = (size_t)status.st_size;
    good = malloc(good_bytes);
    bytes = malloc(2 * good_bytes);
    const bool whole = good && bytes && fread(good, 1, good_bytes, file) == good_bytes;
    fclose(file);
    const int made = mkstemp(path);
    return whole && made >= 0 ? close(made) : -1;
}

static int forget(void **state)
{
    (void)state;
    free(good);
    free(bytes);
    return unlink(path);
}

static const char *check(size_t n_bytes)
{
    struct xclbin xclbin;
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n_bytes, file), n_bytes);
    fclose(file);
    return xclbin_check(path, &xclbin);
}

static size_t any(size_t limit)
{
    return (size_t)(random_next(&rng) >> 8) % limit;
}

static struct axlf *header(void)
{
    return (struct axlf *)(void *)bytes;
}

static void whole_ones_are_accepted(void **state)
{
    struct xclbin xclbin = {0};
    (void)state;
    assert_null(xclbin_check(good_path, &xclbin));
    assert_true(xclbin.emulated);
}

/* Every byte counts, wherever it lies, also where the length in the header was made right again. */
static void damaged_ones_are_refused(void **state)
{
    (void)state;
    for (unsigned n = 0; n < n_cases; n++) {
        size_t n_bytes = good_bytes;
        memcpy(bytes, good, good_bytes);
        memset(bytes + good_bytes, 0, good_bytes);
        const size_t near = any(2) ? sizeof(struct axlf) + 200 : good_bytes;
        switch (any(4)) {
        case 0: n_bytes = any(near); break;
        case 1: n_bytes += 1 + any(good_bytes); break;
        default:
            for (size_t k = 1 + any(8); k; k--)
                bytes[any(near)] ^= (uint8_t)(1 + any(255));
        }
        if (n_bytes >= sizeof(struct axlf) && any(2))
            header()->m_header.m_length = n_bytes;
        if (any(4) == 0)
            header()->m_header.m_platformVBNV[0] = 'x';
        if (any(4) == 0)
            header()->m_sections[any(header()->m_header.m_numSections % 64 + 1)].m_sectionOffset++;
        if (n_bytes == good_bytes && memcmp(bytes, good, good_bytes) == 0)
            continue;
        /* Only what Eddy wrote is named after its content; of others a whole form is all that can be asked. */
        const bool foreign = n_bytes >= sizeof(struct axlf) &&
                             memcmp(header()->m_header.m_platformVBNV,
                                    ((struct axlf *)(void *)good)->m_header.m_platformVBNV,
                                    sizeof header()->m_header.m_platformVBNV) != 0;
        if (!check(n_bytes) && !foreign)
            fail_msg("case %u: a damaged xclbin was accepted", n);
    }
}

/* Sections that begin or end outside of the file, counts that no file holds. */
static void wild_sections_are_refused(void **state)
{
    const uint64_t wild[] = {good_bytes + 1, UINT32_MAX, UINT64_MAX, UINT64_MAX - 39, 1ull << 63};
    (void)state;
    for (unsigned n = 0; n < n_cases / 5; n++) {
        memcpy(bytes, good, good_bytes);
        struct axlf_section_header *section =
            &header()->m_sections[any(header()->m_header.m_numSections)];
        const uint64_t value = wild[any(sizeof wild / sizeof *wild)];
        header()->m_header.m_platformVBNV[0] ^= (uint8_t)any(2);
        switch (any(3)) {
        case 0: section->m_sectionOffset = value; break;
        case 1: section->m_sectionSize = value; break;
        default: header()->m_header.m_numSections = (uint32_t)value | 1u << 31;
        }
        assert_non_null(check(good_bytes));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole_ones_are_accepted),
                                       cmocka_unit_test(damaged_ones_are_refused),
                                       cmocka_unit_test(wild_sections_are_refused)};
    if (argc < 2) {
        fputs("usage: test_xclbin XCLBIN [CASES [SEED]]\n", stderr);
        return 2;
    }
    good_path = argv[1];
    if (argc > 2)
        n_cases = (unsigned)strtoul(argv[2], NULL, 0);
    if (argc > 3)
        rng.state = strtoull(argv[3], NULL, 0);
    return cmocka_run_group_tests(tests, read_good, forget);
}
