// Those who send to an ingest at a rate that does not wait for answers, and repeat what is refused.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Agent, request as httpRequest } from "node:http";
import { type RunningWorker, TOKEN } from "./workerd.ts";

/** As between a data centre's front and its Workers; more of them wait here. */
const MAX_CONNECTIONS = 512;

/** What {@linkcode Senders} take. */
export interface SendersOptions {
  readonly eventsPerBatch: number;
  /** The event of an id, a line with its newline; asked for once. */
  readonly lineOf: (id: number) => string;
}

/** What came of sending at one rate. */
export interface RateReport {
  /** Batches that were taken in when they were sent first. */
  takenAtOnce: number;
  /** Those that were refused then. */
  refusedAtFirst: number;
  /** Requests by status, repeated ones included. */
  readonly statuses: Map<number, number>;
  /** Requests that got no answer, as their connection was lost. */
  unanswered: number;
  /** From the moment a batch was due until it was answered, if it was taken in at once; ms. */
  readonly latenciesMs: number[];
  /** From the moment a request was made until it was refused; ms. */
  readonly refusalsMs: number[];
}

/** Sends numbered events, each batch under an id of its own and until it is acknowledged. */
export class Senders {
  readonly #worker: RunningWorker;
  readonly #options: SendersOptions;
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: MAX_CONNECTIONS });
  readonly #under: Set<Promise<void>> = new Set();
  #batches = 0;
  #acknowledged = 0;

  constructor(worker: RunningWorker, options: SendersOptions) {
    this.#worker = worker;
    this.#options = options;
  }

  /** Events that were acknowledged; their ids are the numbers from 0 on once all are. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Sends so many events a second for a while. What is refused goes on being repeated afterwards. */
  async send(
    { rate, seconds }: { readonly rate: number; readonly seconds: number },
  ): Promise<RateReport> {
    const { eventsPerBatch } = this.#options;
    const report: RateReport = {
      takenAtOnce: 0,
      refusedAtFirst: 0,
      statuses: new Map(),
      unanswered: 0,
      latenciesMs: [],
      refusalsMs: [],
    };
    const firsts: Promise<void>[] = [];
    const started = performance.now();
    for (let i = 0; i < rate * seconds / eventsPerBatch; i++) {
      const due = started + i * 1000 * eventsPerBatch / rate;
      const waitMs = due - performance.now();
      if (waitMs > 1) await sleep(waitMs);
      const number = this.#batches++;
      firsts.push(
        new Promise((resolve, reject) => {
          const under = this.#sendUntilTaken(number, { due, report, onFirst: resolve });
          this.#under.add(under);
          under.then(() => this.#under.delete(under), reject);
        }),
      );
    }
    await Promise.all(firsts);
    return report;
  }

  /** Resolves when everything is acknowledged. */
  async settled(): Promise<void> {
    while (this.#under.size > 0) await Promise.all(this.#under);
    this.#agent.destroy();
  }

  async #sendUntilTaken(
    number: number,
    { due, report, onFirst }: {
      readonly due: number;
      readonly report: RateReport;
      readonly onFirst: () => void;
    },
  ): Promise<void> {
    const { eventsPerBatch, lineOf } = this.#options;
    const first = number * eventsPerBatch;
    const body = Array.from({ length: eventsPerBatch }, (_, i) => lineOf(first + i)).join("");
    for (let tries = 1;; tries++) {
      const sent = performance.now();
      const { status, retryAfterMs } = await this.#post(body, `batch-${number}`);
      if (status === undefined) report.unanswered++;
      else report.statuses.set(status, (report.statuses.get(status) ?? 0) + 1);
      if (status === 200) {
        this.#acknowledged += eventsPerBatch;
        if (tries === 1) {
          report.takenAtOnce++;
          report.latenciesMs.push(performance.now() - due);
        }
      } else {
        if (tries === 1) report.refusedAtFirst++;
        report.refusalsMs.push(performance.now() - sent);
      }
      onFirst();
      if (status === 200) return;
      // Spread, or all that were refused together would come back together.
      await sleep(retryAfterMs * (1 + number % 16 / 8) * Math.min(tries, 3));
    }
  }

  /** One request. Whatever is no 200 has to say what to do. */
  async #post(
    body: string,
    batch: string,
  ): Promise<{ readonly status: number | undefined; readonly retryAfterMs: number }> {
    let response: Answer;
    try {
      response = await this.#request(body, batch);
    } catch {
      return { status: undefined, retryAfterMs: 500 };
    }
    const { status, text, retryAfter } = response;
    if (status === 200) {
      assert.equal(JSON.parse(text).accepted, this.#options.eventsPerBatch);
      return { status, retryAfterMs: 0 };
    }
    assert.ok(status === 429 || status === 503, `${status} ${text}`);
    const { error } = JSON.parse(text);
    assert.equal(error.status, status);
    assert.match(error.message, /Send (the same|it) again/);
    assert.ok(retryAfter >= 1, "a refusal says when to try again");
    return { status, retryAfterMs: retryAfter * 1000 };
  }

  /** By `node:http`, which takes a third of what `fetch` does. */
  #request(body: string, batch: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        `${this.#worker.url}/v1/events?batch=${batch}`,
        {
          agent: this.#agent,
          method: "POST",
          headers: {
            authorization: `Bearer ${TOKEN}`,
            "content-type": "application/x-ndjson",
            "content-length": Buffer.byteLength(body),
          },
        },
        (response) => {
          const { statusCode: status = 0, headers } = response;
          let text = "";
          response.setEncoding("utf8").on("data", (piece) => text += piece).on("error", reject)
            .on("end", () => {
              resolve({ status, text, retryAfter: Number(headers["retry-after"]) });
            });
        },
      );
      request.on("error", reject).end(body);
    });
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** In seconds. */
  readonly retryAfter: number;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
