#include "workers/program.h"

static const struct az_program_row signals[] = {
    {"SIGTERM, SIGINT",
     "Take nothing new, let calls under way end, send what they gave, end the programs that serve "
     "models, and end with 0. A second one, a second or more later, ends it at once, with 130."},
    {"SIGHUP",
     "Read the configuration again. Other `slots`, `rpm`, `tpm` of backends and another `log` "
     "hold at once, and a coordinator that is away is looked for at once. For all else, "
     "keys too, it leaves the coordinator and comes back, once calls under way have ended. "
     "With a mistake in it, all stays as it was."},
    {0},
};

static const struct az_program_row exits[] = {
    {"0", "Stopped, as asked."},
    {"64", "The command line is wrong."},
    {"70", "A bug, or no memory."},
    {"78", "The configuration, or what it names, is wrong."},
    {"130", "A second signal: left at once. What it held is asked elsewhere."},
    {0},
};

static const struct az_program_row files[] = {
    {"/etc/assize/worker.yaml", "The configuration. assize-worker@NAME.service reads "
                                "/etc/assize/worker-NAME.yaml."},
    {0},
};

const struct az_program az_worker_program = {
    .name = "assize-worker",
    .summary = "calls judges for a coordinator",
    .about = "A worker has the addresses and keys of the models that judge. It tells the "
             "coordinator which backends it has, is asked questions, calls, and answers with "
             "ballots. A coordinator that is away is waited for.",
    .config = "/etc/assize/worker.yaml",
    .signals = signals,
    .exits = exits,
    .files = files,
};
