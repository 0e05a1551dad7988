#include "coordinator/program.h"

static const struct az_program_row signals[] = {
    {"SIGTERM, SIGINT",
     "Ask nobody new, let calls under way end, keep all that came, and end with 0. Jobs go on at "
     "the next start. A second one ends it at once, with 130."},
    {"SIGHUP", "Read the configuration and the list of principals again. A key that is no longer "
               "listed ends its sessions. What can't change while it runs is logged and stays; "
               "with a mistake in a file, all stays as it was."},
    {0},
};

static const struct az_program_row exits[] = {
    {"0", "Stopped, as asked."},
    {"64", "The command line is wrong."},
    {"70", "A bug, or no memory."},
    {"74", "The state can't be written."},
    {"75", "Another coordinator has this state directory."},
    {"78", "The configuration is wrong, or an endpoint can't be used."},
    {"130", "A second signal: left at once. Nothing that was acknowledged is lost."},
    {0},
};

static const struct az_program_row files[] = {
    {"/etc/assize/coordinator.yaml", "The configuration."},
    {"STATE/catalog.db", "The jobs: owners, keys, states."},
    {"STATE/jobs/ID/", "A job's directory, as `assize run` keeps one."},
    {0},
};

const struct az_program az_coordinator_program = {
    .name = "assize-coordinator",
    .summary = "takes jobs from clients and has workers judge them",
    .about = "Clients submit items under a panel; workers say what they can call; the coordinator "
             "asks them, keeps every ballot before anything depends on it, and gives verdicts. It "
             "calls no model itself and knows no API key.",
    .config = "/etc/assize/coordinator.yaml",
    .signals = signals,
    .exits = exits,
    .files = files,
};
