/* coordinator/io_catalog_schema.h: the catalog's database: versions, rows, its
 * errors in our words. Only io_catalog.c includes it, and tests. */
#pragma once
#include <sqlite3.h>

#include "coordinator/io_catalog.h"

extern const char *const az_catalog_schema[]; /* step i leads from version i to i + 1 */
extern const int az_catalog_version;
extern const char az_catalog_put_sql[]; /* a record: id, texts, numbers, in the table's order */

/* Open or make it, bring it up to date. The caller closes it also on failure. */
int az_catalog_connect(const char *dir, sqlite3 **ret, struct az_error *err);
int az_catalog_migrate(sqlite3 *db, const char *dir, const char *const *steps, int n,
                       struct az_error *err);
int az_catalog_read_next(sqlite3 *db, const char *dir, int64_t *ret, struct az_error *err);
int az_catalog_read(sqlite3 *db, const char *dir, az_catalog_each_fn *each, void *arg,
                    struct az_error *err);

/* SQLite's last error: AZ_ENOMEM, AZ_EBUSY, AZ_EIO, AZ_EOUTPUT. */
int az_catalog_sql_fail(sqlite3 *db, const char *dir, struct az_error *err);
