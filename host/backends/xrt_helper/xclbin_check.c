#include "xclbin_check.h"

#include "xrt/registers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid/uuid.h>
#include <xclbin.h>

static const struct axlf_section_header *find_section(const struct axlf *axlf, uint32_t kind)
{
    for (uint32_t n = 0; n < axlf->m_header.m_numSections; n++)
        if (axlf->m_sections[n].m_sectionKind == kind)
            return &axlf->m_sections[n];
    return NULL;
}

static bool sections_inside(const struct axlf *axlf, size_t n_bytes)
{
    const uint64_t count = axlf->m_header.m_numSections;
    if (count == 0 || count > n_bytes / sizeof *axlf->m_sections ||
        offsetof(struct axlf, m_sections) + count * sizeof *axlf->m_sections > n_bytes)
        return false;
    for (uint64_t n = 0; n < count; n++) {
        const struct axlf_section_header *s = &axlf->m_sections[n];
        if (s->m_sectionOffset > n_bytes || s->m_sectionSize > n_bytes - s->m_sectionOffset)
            return false;
    }
    return true;
}

static bool has_kernel(const struct axlf *axlf)
{
    static const char name[] = XRT_KERNEL_NAME ":" XRT_KERNEL_INSTANCE;
    const struct axlf_section_header *s = find_section(axlf, IP_LAYOUT);
    if (!s || s->m_sectionSize < sizeof(struct ip_layout))
        return false;
    /* A section may begin anywhere. */
    const char *layout = (const char *)axlf + s->m_sectionOffset;
    const char *names =
        layout + offsetof(struct ip_layout, m_ip_data) + offsetof(struct ip_data, m_name);
    const uint64_t room =
        (s->m_sectionSize - offsetof(struct ip_layout, m_ip_data)) / sizeof(struct ip_data);
    int32_t count;
    memcpy(&count, layout, sizeof count);
    for (int32_t n = 0; n < count && (uint64_t)n < room; n++)
        if (strncmp(names + (size_t)n * sizeof(struct ip_data), name, sizeof name) == 0)
            return true;
    return false;
}

/* What make_xclbin wrote is named after its own SHA-1. */
static bool damaged(struct axlf *axlf, size_t n_bytes)
{
    static const char ours[] = XRT_EMULATION_PLATFORM;
    uuid_t named, found;
    if (memcmp(axlf->m_header.m_platformVBNV, ours, sizeof ours) != 0)
        return false;
    uuid_copy(named, axlf->m_header.uuid);
    memset(axlf->m_header.uuid, 0, sizeof named);
    uuid_generate_sha1(found, *uuid_get_template("oid"), (const char *)axlf, n_bytes);
    return uuid_compare(named, found) != 0;
}

/* axlf is a copy of its own, and changed. */
static const char *check(struct axlf *axlf, size_t n_bytes, struct xclbin *xclbin)
{
    if (n_bytes < sizeof *axlf || memcmp(axlf->m_magic, "xclbin2", 8) != 0)
        return "it is no xclbin";
    if (axlf->m_header.m_length != n_bytes || !sections_inside(axlf, n_bytes))
        return "it is truncated or damaged: its length is not the one in its header";
    if (!has_kernel(axlf) || !find_section(axlf, EMBEDDED_METADATA) ||
        !find_section(axlf, MEM_TOPOLOGY) || !find_section(axlf, BITSTREAM))
        return "it is for something else: it has no kernel " XRT_KERNEL_NAME
               ":" XRT_KERNEL_INSTANCE;
    if (axlf->m_header.m_mode == XCLBIN_SW_EMU)
        return "it is for software emulation, in which no RTL runs";
    if (damaged(axlf, n_bytes))
        return "it is damaged: its content is not what it is named after";
    xclbin->emulated = axlf->m_header.m_mode == XCLBIN_HW_EMU;
    return NULL;
}

const char *xclbin_check(const char *path, struct xclbin *xclbin)
{
    struct stat status;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return strerrordesc_np(errno);
    const char *wrong = "it is no xclbin";
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        void *map = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
        if (map != MAP_FAILED) {
            wrong = check(map, (size_t)status.st_size, xclbin);
            munmap(map, (size_t)status.st_size);
        }
    }
    close(fd);
    return wrong;
}
