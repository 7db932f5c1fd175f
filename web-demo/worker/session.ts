import { zipTable } from "sluice";
import { holdTableLock } from "sluice/table-lock";
import type { Message, Phase, Request, Source, State, TableSettings } from "../protocol.ts";
import { readDeadLetters } from "./dead_letters.ts";
import { guessFields } from "./guess_fields.ts";
import { countsOf, keyFieldOf, picture } from "./live_picture.ts";
import { lookInside } from "./look_inside.ts";
import { clearPlace, openPlace, type Place } from "./place.ts";
import { RateLog } from "./rate_log.ts";
import { Run } from "./run.ts";
import { deleteRecord, readRecord, type RunRecord, writeRecord } from "./run_record.ts";
import { TableWatch } from "./table_watch.ts";
import { countJournalled } from "./tallied_journal.ts";
import { Tally } from "./tally.ts";

/** Names the table's lock and the channel between tabs. */
const NAME = "sluice-demo";
const TICK_MS = 100;
const STORAGE_TICKS = 20;
/** When the simulated day begins. */
const FIRST_HOUR_MS = 7 * 3_600_000;
const DAY_MS = 86_400_000;

/** What the tab that writes tells those that follow. */
type News = { readonly state: State } | { readonly isCleared: true };

/** The one table of the page: what is under way with it, and what is shown of it. */
export class Session {
  readonly #post: (message: Message) => void;
  readonly #channel = new BroadcastChannel(NAME);
  readonly #rates = new RateLog();
  #phase: Phase = "starting";
  #record: RunRecord | undefined;
  #place: Place | undefined;
  #watch: TableWatch | undefined;
  #run: Run | undefined;
  #tally: Tally | undefined;
  #runStartedMs = 0;
  /** Of the last run, once it is over. */
  #accepted = 0;
  #eventsPerSecond = 1000;
  #error: string | undefined;
  #note: string | undefined;
  #kept: State["kept"];
  #lastWindowStart = -Infinity;
  #storage: State["storage"];
  /** Of the tab that writes, while this one follows. */
  #remote: State | undefined;
  #isDirty = true;
  #ticks = 0;

  /** @param post Tells the page. */
  constructor(post: (message: Message) => void) {
    this.#post = post;
  }

  /** Looks at what there is, once no other tab writes. Ticks from now on. */
  async start(): Promise<void> {
    void this.#tickForever();
    let hasFollowed = false;
    this.#channel.onmessage = ({ data }: MessageEvent<News>) => this.#hear(data);
    try {
      await holdTableLock(NAME, {
        onWaiting: () => {
          hasFollowed = true;
          void this.#follow();
        },
      });
      this.#remote = undefined;
      await this.#inspect();
      if (hasFollowed && this.#kept?.source === "simulated") await this.#goOn();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Does what the page asks. */
  async handle(request: Request): Promise<void> {
    try {
      if ("id" in request) {
        this.#post({ type: "answer", id: request.id, value: await this.#answer(request) });
      } else await this.#act(request);
    } catch (error) {
      if ("id" in request) {
        this.#post({ type: "refusal", id: request.id, message: messageOf(error) });
      } else this.#fail(error);
    }
  }

  async #act(request: Exclude<Request, { id: number }>): Promise<void> {
    switch (request.type) {
      case "speed":
        this.#eventsPerSecond = request.eventsPerSecond;
        if (this.#run !== undefined) this.#run.eventsPerSecond = request.eventsPerSecond;
        return;
      case "start":
        if (this.#phase !== "ready" && this.#phase !== "kept") return;
        return await this.#begin(request.source, request.settings);
      case "go-on":
        if (this.#phase === "kept") await this.#goOn();
        return;
      case "stop":
        this.#run?.stop();
        return;
      case "clear":
        if (this.#phase === "ready" || this.#phase === "kept") await this.#clear();
    }
  }

  async #answer(request: Extract<Request, { id: number }>): Promise<unknown> {
    if (request.type === "guess") return await guessFields(request.source);
    if (this.#place === undefined) throw new Error("There is no table yet");
    const { store } = this.#place;
    switch (request.type) {
      case "look-inside":
        return await lookInside(store, request.path);
      case "dead-letters":
        return await readDeadLetters(store, this.#watch!.deadLetterPaths);
      case "file":
        return new Blob([await store.get(request.path) as Uint8Array<ArrayBuffer>]);
      case "zip": {
        const zip = zipTable(store);
        if (request.target === undefined) {
          const blob = await new Response(zip as ReadableStream<Uint8Array<ArrayBuffer>>).blob();
          return new Blob([blob], { type: "application/zip" });
        }
        await zip.pipeTo(await request.target.createWritable());
        return undefined;
      }
    }
  }

  /** Looks at what an earlier page has left. */
  async #inspect(): Promise<void> {
    this.#record = await readRecord();
    this.#kept = undefined;
    if (this.#record === undefined) {
      this.#setPhase("ready");
      return;
    }
    const { settings, isOver, source, name } = this.#record;
    await this.#openTable(settings);
    const { journal } = this.#place!;
    const { events, lastWindowStart } = await countJournalled(journal, this.#watch!.commitNumber);
    const { rows, deadLettered } = this.#watch!;
    if (!isOver && rows + deadLettered + events === 0) return await this.#removeTable();
    this.#lastWindowStart = lastWindowStart;
    if (!isOver || events > 0) this.#kept = { source, name, journalled: events };
    this.#setPhase(this.#kept === undefined ? "ready" : "kept");
  }

  /** Another tab writes: shows what it tells, and what is in the table. */
  async #follow(): Promise<void> {
    this.#setPhase("following");
    const record = await readRecord();
    if (record !== undefined && this.#watch === undefined) await this.#openTable(record.settings);
  }

  #hear(news: News): void {
    if (this.#phase !== "following") return;
    if ("isCleared" in news) {
      this.#forgetTable();
      this.#remote = undefined;
    } else {
      this.#remote = news.state;
      if (this.#watch === undefined && news.state.settings !== undefined) void this.#follow();
    }
    this.#isDirty = true;
  }

  async #openTable(settings: TableSettings): Promise<void> {
    if (this.#watch !== undefined) return;
    this.#place = await openPlace(settings.storage);
    this.#watch = new TableWatch(this.#place.store, keyFieldOf(settings));
    this.#post({ type: "reset" });
    this.#showFiles(await this.#watch.update());
  }

  #forgetTable(): void {
    this.#record =
      this.#place =
      this.#watch =
      this.#tally =
      this.#kept =
        undefined;
    this.#lastWindowStart = -Infinity;
    this.#accepted = 0;
    this.#rates.clear();
    this.#post({ type: "reset" });
  }

  async #begin(source: Source, settings: TableSettings): Promise<void> {
    const name = source.kind === "file"
      ? source.file.name
      : source.kind === "url"
      ? source.url
      : "";
    const hasTrouble = source.kind === "simulated" && source.hasTrouble;
    const run = (this.#record?.run ?? 0) + 1;
    const own = this.#record?.settings ?? settings; // a table stays as it was made
    await this.#launch(source, { settings: own, source: source.kind, name, hasTrouble, run });
  }

  async #goOn(): Promise<void> {
    const { source, hasTrouble, run } = this.#record!;
    const more = source === "simulated" ? { kind: source, hasTrouble } : undefined;
    await this.#launch(more, { ...this.#record!, run: run + 1 });
  }

  async #launch(
    source: Source | undefined,
    run: Omit<RunRecord, "startMs" | "isOver">,
  ): Promise<void> {
    this.#error = this.#note = this.#kept = undefined;
    this.#setPhase("running");
    try {
      await this.#openTable(run.settings);
      const record = { ...run, startMs: this.#startMs, isOver: false };
      await writeRecord(record);
      this.#record = record;
      this.#note = await this.#runToItsEnd(source, record);
      await writeRecord({ ...record, isOver: true });
    } catch (error) {
      this.#error = messageOf(error);
    }
    await this.#tick();
    this.#accepted = this.#run?.accepted ?? 0;
    this.#run = this.#tally = undefined;
    this.#lastWindowStart = -Infinity;
    await this.#inspect();
  }

  async #runToItsEnd(
    source: Source | undefined,
    { settings, run: seed, startMs }: RunRecord,
  ): Promise<string | undefined> {
    await navigator.storage.persist?.().catch(() => false);
    this.#tally = new Tally(settings, keyFieldOf(settings));
    this.#run = new Run({
      place: this.#place!,
      settings,
      tally: this.#tally,
      source,
      simulation: { seed, startMs, eventsPerSecond: this.#eventsPerSecond },
    });
    this.#rates.restart();
    this.#runStartedMs = Date.now();
    return await this.#run.start();
  }

  /** Where simulated time goes on: in the last window there is, or this morning. */
  get #startMs(): number {
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    return Math.max(today + FIRST_HOUR_MS, this.#watch!.closedThrough, this.#lastWindowStart);
  }

  async #clear(): Promise<void> {
    this.#setPhase("starting");
    this.#error = this.#note = undefined;
    await this.#removeTable();
  }

  /** Nothing of it is left, and another can be made in another way. */
  async #removeTable(): Promise<void> {
    await clearPlace(this.#record!.settings.storage);
    await deleteRecord();
    this.#forgetTable();
    this.#channel.postMessage({ isCleared: true } satisfies News);
    this.#setPhase("ready");
  }

  #setPhase(phase: Phase): void {
    this.#phase = phase;
    this.#isDirty = true;
  }

  #fail(error: unknown): void {
    this.#error = messageOf(error);
    if (this.#phase === "starting" || this.#phase === "running") this.#phase = "ready";
    this.#isDirty = true;
  }

  async #tickForever(): Promise<void> {
    while (true) {
      const started = performance.now();
      try {
        await this.#tick();
      } catch (error) {
        this.#fail(error);
      }
      const waitMs = Math.max(TICK_MS / 2, TICK_MS - (performance.now() - started));
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  async #tick(): Promise<void> {
    const isLive = this.#run !== undefined;
    if (this.#ticks++ % STORAGE_TICKS === 0 || this.#isDirty) this.#storage = await estimate();
    if (this.#watch !== undefined && (isLive || this.#phase === "following")) {
      const files = await this.#watch.update();
      if (files.length > 0) this.#isDirty = true;
      this.#showFiles(files);
    }
    if (isLive && this.#run!.isFinishing && this.#phase === "running") this.#setPhase("finishing");
    if (!isLive && !this.#isDirty) return;
    this.#isDirty = false;
    const state = this.#state();
    this.#post({ type: "state", state });
    if (this.#phase !== "following") this.#channel.postMessage({ state } satisfies News);
  }

  #showFiles(files: Extract<Message, { type: "files" }>["files"]): void {
    if (files.length > 0) this.#post({ type: "files", files });
  }

  #state(): State {
    const watch = this.#watch;
    const run = this.#run;
    if (this.#phase === "following" && this.#remote !== undefined) {
      return { ...this.#remote, phase: "following", kept: undefined };
    }
    const counts = watch === undefined ? NOTHING : countsOf(watch, {
      accepted: run?.accepted ?? this.#accepted,
      held: this.#tally?.rows ?? this.#kept?.journalled ?? 0,
    });
    if (run !== undefined) {
      this.#rates.add({
        events: run.accepted,
        bytesRead: run.bytes,
        bytesWritten: counts.bytes,
      });
    }
    const settings = this.#record?.settings;
    return {
      phase: this.#phase,
      error: this.#error,
      note: this.#note,
      settings,
      kept: this.#kept,
      counts,
      progress: this.#progress(),
      watermark: run?.watermark ?? finiteOr(watch?.closedThrough),
      ...(watch === undefined ? { windows: [], keys: [] } : picture(watch, this.#tally)),
      keyName: settings && keyFieldOf(settings),
      rates: this.#rates.rates,
      storage: this.#storage,
    };
  }

  #progress(): State["progress"] {
    const count = this.#run?.readCount;
    if (count === undefined) return undefined;
    const { bytesRead, bytesTotal } = count;
    const elapsedMs = Date.now() - this.#runStartedMs;
    const etaMs = bytesTotal === undefined || bytesRead === 0 || elapsedMs < 500
      ? undefined
      : elapsedMs * Math.max(0, bytesTotal - bytesRead) / bytesRead;
    return { bytesRead, bytesTotal, etaMs };
  }
}

const NOTHING = {
  accepted: 0,
  held: 0,
  written: 0,
  late: 0,
  rescued: 0,
  deadLettered: 0,
  files: 0,
  bytes: 0,
};

function finiteOr(value: number | undefined): number | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : value;
}

async function estimate(): Promise<State["storage"]> {
  const { usage = 0, quota = 0 } = await navigator.storage.estimate();
  return { usage, quota };
}

/** What went wrong, and what was behind it. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const isQuota = (thrown: unknown) =>
    thrown instanceof DOMException && thrown.name === "QuotaExceededError";
  if (isQuota(error) || isQuota(cause)) {
    return "The browser has no more room for this site. What is in the table stays: download it, " +
      "then clear it.";
  }
  const behind = cause instanceof Error && !error.message.includes(cause.message)
    ? `: ${cause.message}`
    : "";
  return error.message + behind;
}
