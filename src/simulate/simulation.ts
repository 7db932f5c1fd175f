import type { Plan } from "./options.ts";
import { Random } from "./random.ts";
import { TimestampFormat } from "./timestamp.ts";
import { User } from "./user.ts";
import { WeightedChoice } from "./weighted_choice.ts";

/** The pages of the simulated site. */
export type Page =
  | "home"
  | "product_a"
  | "product_b"
  | "cart"
  | "payment"
  | "confirmation";

/** What makes one event. */
export interface Pageview {
  readonly eventId: string;
  /** Simulated time as `YYYY-MM-DD HH:MM:SS.ffffff`. */
  readonly timestamp: string;
  readonly page: Page;
  readonly user: User;
}

interface Session {
  readonly user: User;
  page: Page;
  /** When the session came to its page: epoch milliseconds of simulated time. */
  time: number;
  /** Whether the session came to its page in this step, which is what makes an event. */
  isNewPage: boolean;
}

const LANDING = new WeightedChoice<Page>({ home: 60, product_a: 25, product_b: 15 });

const NEXT: Readonly<Record<Page, WeightedChoice<Page | "end">>> = {
  home: new WeightedChoice({ home: 45, product_a: 17, product_b: 12, end: 26 }),
  product_a: new WeightedChoice({ product_a: 50, home: 18, cart: 12, end: 20 }),
  product_b: new WeightedChoice({ product_b: 40, home: 22, cart: 14, end: 24 }),
  cart: new WeightedChoice({ cart: 25, payment: 50, home: 15, end: 10 }),
  payment: new WeightedChoice({ payment: 45, confirmation: 40, cart: 10, end: 5 }),
  confirmation: new WeightedChoice({ confirmation: 40, end: 60 }),
};

/** Ten-thousandths of a day's sessions that start in each hour (UTC). */
// deno-fmt-ignore
const VISITS_PER_HOUR: readonly number[] = [
  273, 185, 108, 107, 50, 105, 192, 297, 382, 426, 549, 583,
  646, 627, 572, 521, 590, 667, 718, 662, 696, 428, 329, 287,
];

const MS_PER_HOUR = 3_600_000;
const STEPS_PER_HOUR = 360;

/** An event's time is this far from its step's at most, before or after. */
const JITTER_SECONDS = 3;

/** A step takes 7, 8, … 12 seconds. */
const LEAST_STEP_SECONDS = 7;
const STEP_CHOICES = 6;

/**
 * Visitors walking through a site, step by step of simulated time: the model of Python's
 * fake-web-events. Every step moves the open sessions on, starts new ones, advances the clock and
 * gives the page views there were.
 *
 * Event times jitter around their step's time, so they are out of order by less than 6 s, and never
 * across steps. The clock starts late enough, and ends early enough, for every event to lie within
 * the planned time all the same.
 */
export class Simulation {
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #users: (User | undefined)[];
  readonly #timestamps = new TimestampFormat();
  /** Open sessions, in the order they started. */
  readonly #sessions: Session[] = [];
  /** The first session not yet looked at for the step's events. */
  #cursor = 0;
  #taken = 0;
  /**
   * The step's time in seconds since the start. Most steps of a small simulation have no session,
   * and there may be millions of them: a small integer is a clock they can advance without
   * allocating.
   */
  #clock = JITTER_SECONDS;
  /** The clock's last value. */
  readonly #lastStep: number;
  /** The clock's value from which `#startsPerStep` is another hour's. */
  #hourEnd = 0;
  #startsPerStep = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#random = new Random(plan.seed, 0);
    this.#users = Array(plan.users);
    this.#lastStep = (plan.end - plan.start) / 1000 - JITTER_SECONDS;
  }

  /** How many page views were taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether the plan has another page view. */
  hasNext(): boolean {
    if (this.#taken >= this.#plan.events) return false;
    for (;;) {
      for (; this.#cursor < this.#sessions.length; this.#cursor++) {
        if (this.#sessions[this.#cursor]!.isNewPage) return true;
      }
      if (this.#clock > this.#lastStep) return false;
      this.#step();
    }
  }

  /** The next page view, in the order of emission, or `undefined` at the end of the plan. */
  next(): Pageview | undefined {
    if (!this.hasNext()) return undefined;
    const { user, page, time } = this.#sessions[this.#cursor++]!;
    this.#taken++;
    const timestamp = this.#timestamps.format(time);
    return { eventId: this.#random.uuid(), timestamp, page, user };
  }

  #step(): void {
    if (this.#sessions.length > 0) this.#updateSessions();
    this.#startSessions();
    this.#clock += LEAST_STEP_SECONDS + this.#random.below(STEP_CHOICES);
    this.#cursor = 0;
  }

  #updateSessions(): void {
    let open = 0;
    for (const session of this.#sessions) {
      const page = NEXT[session.page].pick(this.#random);
      if (page === "end") continue;
      session.isNewPage = page !== session.page;
      if (session.isNewPage) {
        session.page = page;
        session.time = this.#timeInStep();
      }
      this.#sessions[open++] = session;
    }
    if (open < this.#sessions.length) this.#sessions.length = open;
  }

  #startSessions(): void {
    if (this.#clock >= this.#hourEnd) this.#enterHour();
    const whole = Math.floor(this.#startsPerStep);
    const starts = whole + (this.#random.chance(this.#startsPerStep - whole) ? 1 : 0);
    for (let i = 0; i < starts; i++) {
      this.#sessions.push({
        user: this.#pickUser(),
        page: LANDING.pick(this.#random),
        time: this.#timeInStep(),
        isNewPage: true,
      });
    }
  }

  #enterHour(): void {
    const { start, sessionsPerDay } = this.#plan;
    const hour = Math.floor((start + this.#clock * 1000) / MS_PER_HOUR);
    this.#hourEnd = Math.ceil(((hour + 1) * MS_PER_HOUR - start) / 1000);
    const visits = VISITS_PER_HOUR[(hour % 24 + 24) % 24]!; // before 1970 hours are negative
    this.#startsPerStep = visits * sessionsPerDay / 10_000 / STEPS_PER_HOUR;
  }

  /** Users are drawn when first met, each from a random stream of their own. */
  #pickUser(): User {
    const index = this.#random.below(this.#plan.users);
    return this.#users[index] ??= new User(new Random(this.#plan.seed, index + 1));
  }

  #timeInStep(): number {
    const jitterMs = this.#random.below(2000 * JITTER_SECONDS) - 1000 * JITTER_SECONDS;
    return this.#plan.start + this.#clock * 1000 + jitterMs;
  }
}
