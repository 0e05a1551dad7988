#include "core/exits.h"

int az_exit_of(const struct az_error *err)
{
    switch (err->code) {
    case AZ_EUSAGE:
        return AZ_EXIT_USAGE;
    case AZ_ENOENT:
        return AZ_EXIT_NO_INPUT;
    case AZ_EIO:
        return AZ_EXIT_NO_INPUT;
    case AZ_EOUTPUT:
        return AZ_EXIT_OUTPUT;
    case AZ_EBUSY:
        return AZ_EXIT_UNFINISHED;
    case AZ_EGONE:
        return AZ_EXIT_NOBODY;
    case AZ_ENOMEM:
    case AZ_EPROTO:
        return AZ_EXIT_SOFTWARE;
    default:
        return AZ_EXIT_CONFIG;
    }
}
