#include "client/cli/services_doc.h"

#include "coordinator/config.h"
#include "coordinator/program.h"
#include "core/keys_doc.h"
#include "core/panel_parts.h"
#include "workers/config.h"
#include "workers/program.h"

static const char intro[] =
    "# The services and their configuration\n"
    "\n"
    "This page is written by the program from its tables.\n"
    "\n"
    "A configuration is YAML 1.2, as a panel is, and an unknown key is an error. `${NAME}` and "
    "`${NAME:-x}` in any value are replaced from the environment: `${STATE_DIRECTORY}` and "
    "`${CREDENTIALS_DIRECTORY}` are what systemd says. Files are seen from the folder of the "
    "configuration. `--check-config` tells what is wrong and starts nothing.\n";

static const char coordinator[] = "\n```yaml\n"
                                  "state: /var/lib/assize\n"
                                  "clients: tcp://*:5600\n"
                                  "workers: tcp://*:5601\n"
                                  "key: /etc/assize/server.secret\n"
                                  "principals: /etc/assize/principals\n"
                                  "http: 9464\n"
                                  "```\n";

static const char worker[] = "\n```yaml\n"
                             "name: gpu0\n"
                             "coordinator: tcp://head:5601\n"
                             "key: /etc/assize/gpu0.secret\n"
                             "coordinator_key: /etc/assize/server.public\n"
                             "backends:\n"
                             "- name: gpu\n"
                             "  kind: openai\n"
                             "  url: http://localhost:8000/v1\n"
                             "  slots: 64\n"
                             "  serve:\n"
                             "    command: [vllm, serve, Qwen3-8B, --port, \"8000\"]\n"
                             "    ready: http://localhost:8000/health\n"
                             "```\n";

void az_services_markdown(struct az_buf *b)
{
    az_buf_z(b, intro);
    az_program_markdown(b, &az_coordinator_program);
    az_buf_z(b, coordinator);
    az_keys_markdown(b, az_coordinator_keys, SIZE_MAX);
    az_program_markdown(b, &az_worker_program);
    az_buf_z(b, worker);
    az_keys_markdown(b, az_worker_keys, SIZE_MAX);
    az_buf_z(b, "\n### A worker's backends\n\nThe keys of [a panel's backends](panel.md#backends), "
                "and these, which a panel may not have:\n");
    az_keys_markdown(b, az_worker_backend_keys, AZ_WORKER_ROWS);
    az_buf_z(b, "\n### serve\n\nA program that the worker starts, waits for, watches and ends.\n");
    az_keys_markdown(b, az_serve_keys, SIZE_MAX);
}
