#include "client/cli/starter.h"

#define HEAD(title, item)                                                            \
    "# " title "\n"                                                                  \
    "# See what it will ask:  assize check PANEL.yaml ITEMS.jsonl   (asks nobody)\n" \
    "# Ask:                   assize run PANEL.yaml ITEMS.jsonl\n"                   \
    "# An item is a line like\n"                                                     \
    "#   " item "\n"                                                                 \
    "# Every key and its default: assize schema panel --markdown\n"                  \
    "version: 1\n"                                                                   \
    "\n"

#define JUDGES                                                                                     \
    "\n"                                                                                           \
    "# Judges of different makers err in different ways; that is what a panel is for.\n"           \
    "# Keys come from the environment: OPENAI_API_KEY (OPENAI_BASE_URL), ANTHROPIC_API_KEY.\n"     \
    "# Put in models that you have; the prices let `limits.usd` hold (look them up).\n"            \
    "judges:\n"                                                                                    \
    "  - {name: gpt, backend: openai, model: gpt-4o-mini, family: openai,\n"                       \
    "     usd_per_mtok: {input: 0.15, output: 0.6}}\n"                                             \
    "  - {name: claude, backend: anthropic, model: claude-3-5-haiku-latest, family: anthropic,\n"  \
    "     usd_per_mtok: {input: 0.8, output: 4}}\n"                                                \
    "  # A server of your own on its usual port: vllm, llama-server or ollama.\n"                  \
    "  #- {name: local, backend: ollama, model: qwen3:8b, family: qwen, usd_per_mtok: {input: 0, " \
    "output: 0}}\n"

#define LIMITS                                                  \
    "\n"                                                        \
    "limits:\n"                                                 \
    "  usd: 5           # never passed, also through a crash\n" \
    "  attempts: 4      # calls a question, at the most\n"      \
    "  timeout_s: 60    # a call\n"                             \
    "  quorum: 1        # seats that must vote, or the item has failed\n"

static const char pair[] =
    HEAD("Which of two answers is better?",
         "{\"id\": \"q1\", \"prompt\": \"…\", \"responses\": [\"one answer\", "
         "\"another\"]}") "question:\n"
                          "  kind: pair\n"
                          "  ask: Which answer helps the person who wrote the prompt "
                          "more?\n"
                          "  ties: true       # may a judge say that they are equal?\n"
                          "  pass: [A]        # what `assize filter` keeps\n" JUDGES
                          "  # Measures that need no model. The longer answer wins: how "
                          "far does that alone get?\n"
                          "  #- {name: longer, backend: lexical, model: length}\n"
                          "  # With a \"reference\" in the items: the answer that shares "
                          "more words with it wins.\n"
                          "  #- {name: overlap, backend: lexical, model: token_f1}\n"
                          "\n"
                          "policy: vote                              # or {kind: debate, "
                          "rounds: 2}\n"
                          "aggregate: {kind: majority, tie: tie}     # of all seats; both "
                          "orders are asked\n" LIMITS;

static const char score[] =
    HEAD("How good is an answer, from 1 to 5?",
         "{\"id\": \"q1\", \"prompt\": \"…\", \"response\": \"an "
         "answer\"}") "question:\n"
                      "  kind: score\n"
                      "  ask: How well does the response do what "
                      "the prompt asks?\n"
                      "  scale: [1, 5]\n"
                      "  step: 1\n"
                      "  levels:\n"
                      "    1: does not do what is asked\n"
                      "    3: does the larger part, with "
                      "mistakes or gaps that matter\n"
                      "    5: does all that is asked, correctly "
                      "and clearly\n"
                      "  pass: \">= 4\"     # what `assize "
                      "filter` keeps\n" JUDGES "  # A measure that needs no model, mapped "
                      "onto the scale; items need a "
                      "\"reference\".\n"
                      "  #- {name: overlap, backend: lexical, "
                      "model: token_f1}\n"
                      "\n"
                      "policy: vote\n"
                      "aggregate: mean    # or median, "
                      "trimmed_mean, min, max\n" LIMITS;

static const char choice[] =
    HEAD("Which of these labels fits?", "{\"id\": \"q1\", \"prompt\": \"…\", \"response\": \"a "
                                        "text\"}") "question:\n"
                                                   "  kind: choice\n"
                                                   "  ask: Does the response answer what the "
                                                   "prompt asks?\n"
                                                   "  labels:          # each with what it means, "
                                                   "so that judges mean the same\n"
                                                   "    answers: it answers the question, right or "
                                                   "wrong\n"
                                                   "    evades: it speaks of something else, or "
                                                   "only of a part\n"
                                                   "    refuses: it declines to answer\n"
                                                   "  pass: [answers]  # what `assize filter` "
                                                   "keeps\n" JUDGES
                                                   "  # A measure that needs no model: the first "
                                                   "bound that it reaches gives the label.\n"
                                                   "  #- {name: words, backend: lexical, model: "
                                                   "words, map: {\">= 20\": answers, else: "
                                                   "evades}}\n"
                                                   "\n"
                                                   "policy: vote\n"
                                                   "aggregate: {kind: majority, tie: abstain}    # "
                                                   "no majority: a person must look\n" LIMITS;

const struct az_starter az_starters[] = {{"pair", pair}, {"score", score}, {"choice", choice}, {0}};

const struct az_starter *az_starter_find(const char *name)
{
    for (const struct az_starter *s = az_starters; s->name; s++) {
        if (!strcmp(s->name, name))
            return s;
    }
    return NULL;
}
