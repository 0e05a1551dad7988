"""What an engineer writes in an afternoon: three judges, asyncio and aiohttp.

    aiohttp_judge.py URL ITEMS.jsonl VERDICTS.jsonl UNDER_WAY

Every item goes to three models; their labels are counted and the majority is
written. A semaphore bounds the calls under way, and a failed call is made
again twice.
"""

import asyncio
import collections
import json
import sys

import aiohttp

JUDGES = ["judge-a", "judge-b", "judge-c"]
SYSTEM = "You judge whether the response helps the person. Answer in JSON: rationale, then label."
SCHEMA = {
    "type": "object",
    "properties": {
        "rationale": {"type": "string"},
        "label": {"type": "string", "enum": ["good", "bad"]},
    },
    "required": ["rationale", "label"],
    "additionalProperties": False,
}


def request_body(model, item):
    return {
        "model": model,
        "temperature": 0,
        "max_tokens": 512,
        "messages": [
            {"role": "system", "content": SYSTEM},
            {
                "role": "user",
                "content": f"Prompt:\n{item['prompt']}\n\nResponse:\n{item['response']}",
            },
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "verdict", "strict": True, "schema": SCHEMA},
        },
    }


async def ask(session, semaphore, url, model, item):
    async with semaphore:
        for attempt in range(3):
            try:
                async with session.post(url, json=request_body(model, item)) as response:
                    response.raise_for_status()
                    reply = await response.json()
                return json.loads(reply["choices"][0]["message"]["content"])["label"]
            except (aiohttp.ClientError, asyncio.TimeoutError, KeyError, ValueError):
                await asyncio.sleep(2**attempt)
    return None


async def judge(session, semaphore, url, item):
    labels = await asyncio.gather(*(ask(session, semaphore, url, j, item) for j in JUDGES))
    votes = collections.Counter(label for label in labels if label)
    label, n = votes.most_common(1)[0] if votes else (None, 0)
    return {"id": item["id"], "label": label if 2 * n > len(JUDGES) else None, "votes": labels}


async def main(url, items_path, verdicts_path, under_way):
    with open(items_path) as f:
        items = [json.loads(line) for line in f]
    semaphore = asyncio.Semaphore(under_way)
    connector = aiohttp.TCPConnector(limit=under_way)
    async with aiohttp.ClientSession(connector=connector) as session:
        tasks = [asyncio.ensure_future(judge(session, semaphore, url, item)) for item in items]
        with open(verdicts_path, "w") as out:
            for task in tasks:
                out.write(json.dumps(await task) + "\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
