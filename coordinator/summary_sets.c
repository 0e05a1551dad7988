/* Label sets: what they cost, and how often the truth was in them. */
#include "coordinator/summary_state.h"
#include "policies/answers.h"

int az_summary_add_set(struct az_summary *s, const struct az_item *item, uint64_t set,
                       uint64_t cluster)
{
    int truth = az_answers_truth(&s->panel->question, item);
    if (!set)
        return 0;
    s->sets++;
    s->set_answers += __builtin_popcountll(set);
    s->set_singles += __builtin_popcountll(set) == 1;
    return truth < 0 ? 0 : az_mean_add(&s->set_held, cluster, (double)(set >> truth & 1));
}

void az_summary_set_figures(struct az_summary *s)
{
    static const char none[] = "no verdict has a set";
    s->out.sets = s->sets;
    s->out.set_size = az_figure_ratio((double)s->set_answers, s->sets, none);
    s->out.set_single = az_figure_ratio((double)s->set_singles, s->sets, none);
    s->out.set_held = az_mean_rate(&s->set_held, s->sets ? "no gold" : none);
}
