"""The stub does what its options say: what is measured against it can be believed."""

import http.client
import json
import time

import pytest

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
SCHEMA = {
    "type": "object",
    "properties": {
        "rationale": {"type": "string"},
        "label": {"type": "string", "enum": ["A", "B", "tie"]},
    },
    "required": ["rationale", "label"],
}


def chat(text="Which is better?", model="m", **more):
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def ask(stub, body=None, path=CHAT, **more):
    status, headers, raw = stub.request("POST", path, body or chat(**more))
    return status, headers, json.loads(raw)


def said(stub, body=None, **more):
    """The answer's text, as either provider gives it."""
    status, _, reply = ask(stub, body, **more)
    assert status == 200
    if "choices" in reply:
        return reply["choices"][0]["message"]["content"]
    return "".join(block.get("text", "") for block in reply["content"])


def schema_format(schema=SCHEMA):
    form = {"name": "verdict", "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": form}


def test_fixed_answer_in_both_forms(world):
    stub = world.stub(says="I say [[A]]")
    assert said(stub) == "I say [[A]]"
    assert said(stub, path=MESSAGES) == "I say [[A]]"
    counts = stub.counts()
    assert counts["paths"] == {CHAT: 1, MESSAGES: 1}
    assert counts["status"] == {"200": 2}
    assert counts["completions"] == 2


def test_usage_and_bill(world):
    stub = world.stub(says="x" * 400, usd_in=1, usd_out=5, usd_cached=0.1, cached_tokens=100)
    _, _, reply = ask(stub, text="y" * 4000, max_tokens=50)
    usage = reply["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (1000, 50)
    assert usage["prompt_tokens_details"]["cached_tokens"] == 100
    assert stub.counts()["billed"]["nusd"] == 900 * 1000 + 100 * 100 + 50 * 5000
    _, _, reply = ask(stub, path=MESSAGES, text="y" * 4000, max_tokens=50)
    assert reply["usage"]["input_tokens"] == 900  # cached lie outside here
    assert reply["usage"]["cache_read_input_tokens"] == 100


def test_usage_at_the_worst_and_not_told(world):
    stub = world.stub(usage="worst")
    body = chat(max_tokens=77)
    _, _, reply = ask(stub, body)
    assert reply["usage"]["prompt_tokens"] == len(json.dumps(body))
    assert reply["usage"]["completion_tokens"] == 77
    stub.control(usage="none")
    assert "usage" not in ask(stub)[2]


def test_votes_by_hash_answer_the_schema(world):
    stub = world.stub(votes="hash")
    labels = set()
    for i in range(30):
        answer = json.loads(said(stub, text=f"item {i}", response_format=schema_format()))
        assert list(answer) == ["rationale", "label"]
        labels.add(answer["label"])
    assert labels == {"A", "B", "tie"}
    text = said(stub, text="item 3", response_format=schema_format())
    assert text == said(stub, text="item 3", response_format=schema_format())
    anthropic = {"format": {"type": "json_schema", "schema": SCHEMA}}
    body = chat("item 3", output_config=anthropic, max_tokens=9)
    assert said(stub, body, path=MESSAGES) == text


def test_votes_by_hash_do_not_see_nonces(world):
    stub = world.stub()
    texts = [f"item {i}\n<<{nonce * 32}>>\nx\n" for i in range(40) for nonce in "3f"]
    answers = [said(stub, text=text) for text in texts]
    assert answers[0::2] == answers[1::2]
    assert stub.counts()["questions"] == 40


def test_votes_by_model_and_form(world):
    stub = world.stub(votes=["A@one", "B@two", "hash"], form="arena_hard")
    assert said(stub, model="one").endswith("[[A>B]]")
    assert said(stub, model="two").endswith("[[B>A]]")
    stub.control(form="bracket", votes=["tie"], labels="A,B,tie")
    assert said(stub, model="one") == "[[tie]]"
    assert json.loads(said(stub, response_format={"type": "json_object"}))["label"] == "tie"


def test_scores_in_range(world):
    stub = world.stub()
    schema = {"properties": {"score": {"type": "integer", "minimum": 3, "maximum": 7}}}
    scores = {
        json.loads(said(stub, text=str(i), response_format=schema_format(schema)))["score"]
        for i in range(60)
    }
    assert scores == {3, 4, 5, 6, 7}
    stub.control(form="rating", scale="1:10", votes=["9"])
    assert said(stub) == "Rating: [[9]]"


def test_logprobs_on_request(world):
    stub = world.stub(votes="A", probs="A:0.6, A:0.1,B:0.3")
    _, _, reply = ask(stub, logprobs=True, top_logprobs=3)
    choice = reply["choices"][0]
    assert choice["message"]["content"] == "A"
    (token,) = choice["logprobs"]["content"]
    assert [t["token"] for t in token["top_logprobs"]] == ["A", " A", "B"]
    assert abs(token["logprob"] - -0.5108) < 1e-4
    assert ask(stub)[2]["choices"][0]["logprobs"] is None


def test_reasoning_on_request(world):
    stub = world.stub(says="[[A]]", reasoning="hm, [[B]]?")
    assert ask(stub)[2]["choices"][0]["message"]["reasoning_content"] == "hm, [[B]]?"
    kinds = [block["type"] for block in ask(stub, path=MESSAGES)[2]["content"]]
    assert kinds == ["thinking", "text"]


def test_script_in_order(world):
    rows = ["first", {"fault": "503"}, {"text": "for b", "model": "b"}, {"text": "last"}]
    stub = world.stub(script=world.write("script.jsonl", rows))
    assert said(stub, model="a") == "first"
    assert ask(stub, model="a")[0] == 503
    assert said(stub, model="a") == "last"
    assert said(stub, model="b") == "for b"
    status, _, reply = ask(stub, model="a")
    assert (status, reply["error"]["message"]) == (404, "the script has ended")


def fenced(*texts):
    return "\n".join(f"<<{i:032x}\n{text}\n{i:032x}>>" for i, text in enumerate(texts, 1))


def test_recorded_answers_are_found_by_the_prompt(world):
    items = [
        {"id": "q1", "prompt": "Why?", "responses": ["Because.", "No\nidea."]},
        {"id": "q2", "prompt": "Why?", "responses": ["Because.", "It is so."]},
        {"id": "q3", "prompt": "How?", "responses": ["Because.", "No\nidea."]},
    ]
    rows = [
        {"item": item["id"], "judge": judge, "order": order, "sample": sample,
         "text": f"{item['id']} {judge} {order} {sample}"}
        for item in items for judge in ("x/1", "y") for order in ("AB", "BA") for sample in (0, 1)
    ]
    stub = world.stub(
        items=world.write("items.jsonl", items), answers=world.write("answers.jsonl", rows)
    )
    for item in items:
        a, b = item["responses"]
        for judge in ("x/1", "y"):
            text = fenced(item["prompt"], b, a)
            assert said(stub, text=text, model=judge) == f"{item['id']} {judge} BA 0"
            assert said(stub, text=text, model=judge) == f"{item['id']} {judge} BA 1"
            text = fenced(item["prompt"], a, b)
            assert said(stub, text=text, model=judge) == f"{item['id']} {judge} AB 0"
    body = chat(fenced("Why?", "Because.", "It is so."), model="y")
    body["messages"] += [
        {"role": "assistant", "content": "Well."}, {"role": "user", "content": "A or B?"}
    ]
    assert said(stub, body) == "q2 y AB 0"  # asked again: the question comes first
    status, _, reply = ask(stub, text=fenced("Why?", "Because.", "else"), model="y")
    assert (status, reply["error"]["message"]) == (404, "no recorded answer")


def test_recorded_answers_of_a_real_panel(world, data):
    folder = data / "judgebench"
    items = {row["id"]: row for row in map(json.loads, open(folder / "items.jsonl"))}
    stub = world.stub(items=folder / "items.jsonl", answers=folder / "answers.jsonl")
    n = 0
    for row in map(json.loads, open(folder / "answers.jsonl")):
        item = items[row["item"]]
        shown = item["responses"] if row["order"] == "AB" else item["responses"][::-1]
        if item["responses"][0] == item["responses"][1]:
            continue
        assert said(stub, text=fenced(item["prompt"], *shown), model=row["judge"]) == row["text"]
        n += 1
    assert n > 600


STATUSES = [
    ("400", 400, "invalid_request_error", None),
    ("context", 400, "invalid_request_error", "context_length_exceeded"),
    ("401", 401, "authentication_error", "invalid_api_key"),
    ("402", 402, "billing_error", None),
    ("403", 403, "permission_error", None),
    ("moderation", 403, "moderation_error", "moderation"),
    ("404", 404, "not_found_error", "model_not_found"),
    ("408", 408, "timeout_error", None),
    ("413", 413, "request_too_large", None),
    ("429", 429, "rate_limit_error", "rate_limit_exceeded"),
    ("quota", 429, "insufficient_quota", "insufficient_quota"),
    ("500", 500, "api_error", None),
    ("503", 503, "overloaded_error", None),
    ("529", 529, "overloaded_error", None),
]


@pytest.mark.parametrize("kind, status, type_, code", STATUSES)
def test_error_status(world, kind, status, type_, code):
    stub = world.stub(fault=kind)
    got, _, reply = ask(stub)
    assert (got, reply["error"]["type"], reply["error"]["code"]) == (status, type_, code)
    got, _, reply = ask(stub, path=MESSAGES)
    assert (got, reply["type"], reply["error"]["type"]) == (status, "error", type_)
    counts = stub.counts()
    assert counts["billed"]["n"] == 0
    assert counts["completions"] == 0
    assert counts["status"] == {str(status): 2}


def test_gateway_page(world):
    status, headers, body = world.stub(fault="502").request("POST", CHAT, chat())
    assert (status, headers["Content-Type"]) == (502, "text/html")
    assert body.startswith(b"<html>")


def test_retry_after_headers(world):
    stub = world.stub(fault="429", retry_after=2, retry_after_ms=1500)
    _, headers, _ = ask(stub)
    assert (headers["Retry-After"], headers["retry-after-ms"]) == ("2", "1500")
    stub.control(retry_after=-1, fault=["quota"])
    assert ask(stub)[1]["Retry-After"] is None


REFUSALS = [
    ("temperature", {"temperature": 0}, "temperature"),
    ("schema", {"response_format": schema_format()}, "response_format"),
    ("max_tokens", {"max_tokens": 5}, "max_tokens"),
    ("logprobs", {"logprobs": True}, "logprobs"),
]


@pytest.mark.parametrize("kind, field, param", REFUSALS)
def test_a_refused_field_is_answered_without_it(world, kind, field, param):
    stub = world.stub(fault=kind)
    status, _, reply = ask(stub, **field)
    assert (status, reply["error"]["param"]) == (400, param)
    assert ask(stub)[0] == 200


def test_reset_before_an_answer(world):
    stub = world.stub(fault="reset")
    with pytest.raises(ConnectionResetError):
        ask(stub)
    assert stub.counts()["billed"]["n"] == 1  # begun, though nobody saw it


def test_cut_in_the_middle(world):
    stub = world.stub(fault="cut")
    with pytest.raises(http.client.IncompleteRead):
        ask(stub)
    assert stub.counts()["dropped"] == 0  # the stub's doing, not the client's


def test_hang(world):
    stub = world.stub(fault="hang")
    with pytest.raises(TimeoutError):
        stub.request("POST", CHAT, chat(), timeout=0.2)
    counts = stub.wait(below_in_flight=1)
    assert (counts["dropped"], counts["completions"]) == (1, 0)


def test_slow_drip(world):
    stub = world.stub(fault="drip", drip_ms=1, says="[[A]]")
    began = time.monotonic()
    assert said(stub) == "[[A]]"
    assert time.monotonic() - began > 0.2  # some 280 bytes


def test_content_length_too_large(world):
    with pytest.raises(http.client.IncompleteRead):
        ask(world.stub(fault="badlength"))


def test_huge_body(world):
    stub = world.stub(fault="huge", huge_bytes=50_000_000)
    assert len(said(stub)) == 50_000_000
    assert len(said(stub, path=MESSAGES)) == 50_000_000


def test_amiss_within_200(world):
    stub = world.stub(says="[[A]] and more", fault="error200")
    assert ask(stub)[2]["error"]["code"] == "upstream_error"
    stub.control(fault=["nojson"])
    with pytest.raises(json.JSONDecodeError):
        ask(stub)
    stub.control(fault=["empty"])
    assert said(stub) == ""
    stub.control(fault=["length"])
    choice = ask(stub)[2]["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("[[A]] a", "length")
    assert ask(stub, path=MESSAGES)[2]["stop_reason"] == "max_tokens"
    stub.control(fault=["refusal"])
    message = ask(stub)[2]["choices"][0]["message"]
    assert message["content"] is None and message["refusal"]
    assert ask(stub, path=MESSAGES)[2]["stop_reason"] == "refusal"
    stub.control(fault=["filter"])
    assert ask(stub)[2]["choices"][0]["finish_reason"] == "content_filter"
    counts = stub.counts()
    assert (counts["billed"]["n"], counts["completions"]) == (8, 0)


def test_outside_the_labels(world):
    stub = world.stub(fault="outside")
    assert said(stub) == "[[Q]]"
    assert json.loads(said(stub, response_format=schema_format()))["label"] == "Q"


def test_schema_ignored(world):
    stub = world.stub(fault="noschema", votes="A")
    assert said(stub, response_format=schema_format()) == "[[A]]"


def statuses(stub, n, text="q{}", model="m"):
    return [ask(stub, text=text.format(i), model=model)[0] for i in range(n)]


def test_faults_by_number(world):
    stub = world.stub(fault=["500:nth=2,5", "503:every=4"])
    assert statuses(stub, 8) == [200, 500, 200, 503, 500, 200, 200, 503]
    stub = world.stub(fault="429:first=2")
    assert statuses(stub, 4) == [429, 429, 200, 200]
    stub = world.stub(fault="429:after=2@a")
    assert statuses(stub, 3, model="b") == [200, 200, 200]
    assert statuses(stub, 2, model="a") == [429, 429]


def test_faults_by_tries_of_a_question(world):
    stub = world.stub(fault="500:tries=2")
    assert statuses(stub, 4, text="same") == [500, 500, 200, 200]
    assert statuses(stub, 3, text="other") == [500, 500, 200]


def test_faults_by_rate_do_not_depend_on_order(world):
    first, second = world.stub(fault="500:0.3", seed=5), world.stub(fault="500:0.3", seed=5)
    forward = statuses(first, 200)
    backward = [ask(second, text=f"q{i}")[0] for i in reversed(range(200))]
    assert forward == backward[::-1]
    assert 30 < forward.count(500) < 90
    assert statuses(world.stub(fault="500:0.3", seed=6), 200) != forward


def test_who_was_asked_twice(world):
    stub = world.stub(fault="500:nth=1", says="[[A]]")
    for text in ("one #id:x-1# ", "one #id:x-1# ", "one #id:x-1# ", "two"):
        ask(stub, text=text)
    counts = stub.counts(questions=True)
    assert (counts["asked_again"], counts["billed_again"], counts["answered_again"]) == (2, 1, 1)
    rows = {q["id"]: (q["asked"], q["billed"], q["answered"]) for q in counts["by_question"]}
    assert rows == {"x-1": (3, 2, 2), None: (1, 1, 1)}


def test_delay_is_drawn(world):
    stub = world.stub(delay="uniform:30:60")
    took = []
    for i in range(5):
        began = time.monotonic()
        ask(stub, text=str(i))
        took.append(time.monotonic() - began)
    assert min(took) >= 0.029 and len({round(t, 3) for t in took}) > 1
    stub.control(delay="lognormal:1:0.1")
    began = time.monotonic()
    ask(stub)
    assert time.monotonic() - began < 1


def begin(stub, text):
    connection = http.client.HTTPConnection(stub.host, stub.port)
    connection.request("POST", CHAT, json.dumps(chat(text)))
    return connection


def test_many_delayed_at_once(world):
    stub = world.stub(delay=100)
    began = time.monotonic()
    connections = [begin(stub, str(i)) for i in range(50)]
    assert stub.wait(in_flight=50)["connections"] >= 50
    assert all(c.getresponse().status == 200 for c in connections)
    assert time.monotonic() - began < 5  # together, not one after the other
    assert stub.counts()["in_flight_max"] == 50
    for c in connections:
        c.close()


def test_hold_and_let_go(world):
    stub = world.stub(hold=True)
    connections = [begin(stub, str(i)) for i in range(3)]
    assert stub.wait(requests=3)["in_flight"] == 3
    connections.pop().close()
    assert stub.wait(dropped=1)["in_flight"] == 2
    stub.control(hold=False)
    assert all(c.getresponse().status == 200 for c in connections)
    assert stub.wait(completions=2, below_in_flight=1)["dropped"] == 1
    for c in connections:
        c.close()


def test_wait_ends_in_time(world):
    status, _, body = world.stub().request("GET", "/wait?requests=1&timeout_ms=50")
    assert (status, json.loads(body)["requests"]) == (504, 0)
    assert world.stub().request("GET", "/wait?nonsense=1")[0] == 400


def test_limit_refuses_more(world):
    stub = world.stub(hold=True, limit=1)
    held = begin(stub, "held")
    stub.wait(in_flight=1)
    # Only what is refused is not begun: it is answered once the hold is off.
    more = begin(stub, "more")
    stub.wait(requests=2)
    stub.control(hold=False)
    assert held.getresponse().status == 200
    assert more.getresponse().status == 429
    held.close()
    more.close()


def test_keys(world):
    stub = world.stub(key="sk-right")
    assert ask(stub)[0] == 401
    for headers in ({"Authorization": "Bearer sk-right"}, {"x-api-key": "sk-right"}):
        assert stub.request("POST", CHAT, chat(), headers=headers)[0] == 200
    assert stub.request("POST", CHAT, chat(), headers={"x-api-key": "sk-wrong"})[0] == 401


def test_connection_is_kept_and_closed_on_the_nth(world):
    stub = world.stub(close_every=3)
    connection = http.client.HTTPConnection(stub.host, stub.port)
    closes = []
    for i in range(6):
        connection.request("POST", CHAT, json.dumps(chat(str(i))))
        response = connection.getresponse()
        closes.append(response.headers["Connection"])
        response.read()
    connection.close()
    assert closes == [None, None, "close"] * 2
    assert stub.counts()["connections_total"] == 3  # two, and this question


def test_requests_in_one_packet(world):
    stub = world.stub(delay=20)
    body = json.dumps(chat())
    request = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    connection = http.client.HTTPConnection(stub.host, stub.port)
    connection.connect()
    connection.sock.sendall(request.encode() * 3)
    file = connection.sock.makefile("rb")
    for _ in range(3):
        assert file.readline() == b"HTTP/1.1 200 OK\r\n"
        length = 0
        while (line := file.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        json.loads(file.read(length))
    file.close()
    connection.close()


def test_expect_continue(world):
    stub = world.stub()
    connection = http.client.HTTPConnection(stub.host, stub.port)
    body = json.dumps(chat())
    connection.connect()
    head = f"POST {CHAT} HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sock.sendall(head.encode())
    assert connection.sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sock.sendall(body.encode())
    assert connection.sock.recv(100).startswith(b"HTTP/1.1 200 OK")
    connection.close()


def test_what_came_is_told(world):
    stub = world.stub(log=world.path("log.jsonl"))
    stub.request("POST", CHAT, chat("Ünïcode"), headers={"X-Odd": "1"})
    last = stub.last()
    assert last["path"] == CHAT and "X-Odd: 1" in last["headers"]
    assert last["body"]["messages"][0]["content"] == "Ünïcode"
    (row,) = map(json.loads, world.path("log.jsonl").read_text().splitlines())
    assert json.loads(row["body"]) == last["body"]


def test_bad_requests(world):
    stub = world.stub()
    for body in ("{", "[]", '{"model":"m"}', '{"messages":[]}', "\xff"):
        assert stub.request("POST", CHAT, body.encode("latin-1"))[0] == 400
    assert stub.request("POST", "/elsewhere", chat())[0] == 404
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        stub.request("POST", CHAT, "x", headers={"Content-Length": "-1"})


BAD_SETTINGS = [
    {"nonsense": 1}, {"delay": "fast"}, {"delay": "uniform:9:1"}, {"fault": ["418"]},
    {"fault": ["500:often"]}, {"fault": ["500:1.5"]}, {"form": "sonnet"}, {"limit": "x"},
    {"hold": "maybe"}, {"scale": "5"}, {"answers": "a.jsonl"}, {"script": "/nowhere"},
]


@pytest.mark.parametrize("setting", BAD_SETTINGS, ids=lambda s: "-".join(s))
def test_bad_settings_are_refused(world, setting):
    status, _, body = world.stub().request("POST", "/control", setting)
    assert status == 400 and json.loads(body)["error"]


def test_reset_clears_counts(world):
    stub = world.stub()
    ask(stub)
    counts = stub.control(reset=True)
    assert (counts["requests"], counts["questions"], counts["billed"]["n"]) == (0, 0, 0)
    ask(stub)
    assert stub.counts()["asked_again"] == 0
