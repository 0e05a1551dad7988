/* core/plant.h: bugs that are put in on purpose, to see that the simulation finds
 * them: tools/sim plants. In every other build each is constantly false. Pure. */
#pragma once

enum az_plant {
    AZ_PLANT_EARLY_ACK = 1,   /* acknowledged before its commit */
    AZ_PLANT_LEASE_KEPT,      /* a lease is not returned */
    AZ_PLANT_CREDIT_TWICE,    /* credit is counted twice */
    AZ_PLANT_BUDGET_KEPT,     /* a budget is not released */
    AZ_PLANT_FORGOTTEN,       /* a reservation is forgotten at a restart */
    AZ_PLANT_LATE_DROPPED,    /* a late ballot is dropped */
    AZ_PLANT_ERROR_OVER,      /* an error overwrites an answer */
    AZ_PLANT_RETRY_UNCOUNTED, /* a retry is counted by nobody */
    AZ_PLANT_LEASE_OUTLIVED,  /* a worker calls after its lease */
    AZ_PLANT_EARLY_CHUNK,     /* a chunk is acknowledged before its commit */
    AZ_PLANT_EARLY_NUMBER,    /* a job's number is told before its record is durable */
    AZ_PLANT_UNSENT_PASSED,   /* verdicts that could not be sent are passed over */
    AZ_PLANT_TUNE_FORGOTTEN,  /* who comes later is not told what an admin set */
    AZ_PLANT_LIMIT_FILLED,    /* another limit forgets what went through */
    AZ_PLANT_TOKENS_TWICE,    /* tokens that were not used are given back twice */
    AZ_PLANT_HEDGE_FREE,      /* a hedge takes nothing from its account's limit */
    AZ_PLANT_OPENED_LATE,     /* a job is opened after its deadline */
    AZ_PLANT_RETRY_MISSED,    /* a job is done with items that shall be asked again */
    AZ_PLANT_EARLY_REMOVE,    /* a directory is removed before its record */
    AZ_PLANT_PRUNED_OPEN,     /* a job is pruned while its last calls run */
};

#ifdef ASSIZE_PLANT
#define AZ_PLANTED(bug) (ASSIZE_PLANT == (bug))
#else
#define AZ_PLANTED(bug) 0
#endif
