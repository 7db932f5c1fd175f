import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  simulateEvents,
  simulateJsonLines,
  type SimulateOptions,
  type WebEvent,
} from "../src/simulate/mod.ts";

async function eventsOf(options: SimulateOptions): Promise<WebEvent[]> {
  const events: WebEvent[] = [];
  for await (const event of simulateEvents(options)) events.push(event);
  return events;
}

async function bytesOf(options: SimulateOptions): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(simulateJsonLines(options)).arrayBuffer());
}

function timeOf(event: WebEvent): number {
  return Date.parse(event.event_timestamp.replace(" ", "T") + "Z");
}

const DAY_START = Date.parse("2022-06-01T00:00:00Z");

interface Session {
  readonly pages: string[];
  readonly times: number[];
  readonly user: WebEvent;
}

/**
 * A busy day in which almost every session has a user of its own, so that users tell them apart.
 * The seed is one of those that give no user two sessions at about the same time.
 */
const BUSY_DAY = { users: 1_000_000, sessionsPerDay: 20_000, duration: "1d", seed: 3 };

let busyDay: Promise<WebEvent[]> | undefined;

async function sessionsOfBusyDay(): Promise<Session[]> {
  const sessions = new Map<string, Session>();
  for (const event of await (busyDay ??= eventsOf(BUSY_DAY))) {
    const session = sessions.get(event.user_domain_id) ?? { pages: [], times: [], user: event };
    sessions.set(event.user_domain_id, session);
    session.pages.push(event.page_url_path.slice(1));
    session.times.push(timeOf(event));
  }
  // The few users with two sessions are told by the long time between them.
  return [...sessions.values()].filter(({ times }) =>
    times.every((time, i) => i === 0 || time - times[i - 1]! < 300_000)
  );
}

/** Asserts shares (in any unit) of what was counted, within four standard deviations. */
function assertShares(
  what: string,
  drawn: readonly string[],
  expected: Readonly<Record<string, number>>,
): void {
  const total = Object.values(expected).reduce((a, b) => a + b, 0);
  for (const value of new Set(drawn)) assert.ok(value in expected, `${what}: ${value}`);
  for (const [value, weight] of Object.entries(expected)) {
    const share = weight / total;
    const count = drawn.filter((one) => one === value).length;
    const deviation = Math.sqrt(drawn.length * share * (1 - share));
    assert.ok(
      Math.abs(count - drawn.length * share) <= 4 * deviation,
      `${what}: ${value} came ${count} times of ${drawn.length}, where ${share} of them was due`,
    );
  }
}

test("simulated events: the same seed gives the same bytes in every runtime", async () => {
  const digest = await crypto.subtle.digest("SHA-256", await bytesOf({ events: 1000 }));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0"));
  assert.equal(hex.join(""), "ae8c4b2464079d03eae6bb54e6e63deb3ae757fc44f3edb607c8a91d9b61954a");
});

test("simulated events: another seed gives other events and other users", async () => {
  const [a] = await eventsOf({ events: 1, seed: 1 });
  const [b] = await eventsOf({ events: 1, seed: 2 });
  const [c] = await eventsOf({ events: 1, seed: 1 + 2 ** 32 });
  assert.equal(new Set([a!.event_id, b!.event_id, c!.event_id]).size, 3);
  assert.equal(new Set([a!.user_domain_id, b!.user_domain_id, c!.user_domain_id]).size, 3);
});

test("simulated events: objects and lines agree", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.maxSafeNat(),
        users: fc.integer({ min: 1, max: 1_000_000 }),
        sessionsPerDay: fc.integer({ min: 50, max: 1_000_000 }),
        start: fc.date({
          min: new Date("0000-01-01T00:00:00Z"),
          max: new Date("9990-01-01T00:00:00Z"),
          noInvalidDate: true,
        }),
        events: fc.nat({ max: 200 }),
      }),
      async (options) => {
        const lines = new TextDecoder().decode(await bytesOf(options));
        const events = await eventsOf(options);
        assert.equal(events.map((event) => JSON.stringify(event) + "\n").join(""), lines);
        assert.equal(events.length, options.events);
      },
    ),
    { seed: 1, numRuns: 20 },
  );
});

test("simulated events: fields, their order and formats", async () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const degrees = /^-?\d{1,3}\.\d{5}$/;
  const formats: Record<keyof WebEvent, RegExp> = {
    event_id: uuid,
    event_timestamp: /^2022-06-01 [0-2]\d:[0-5]\d:[0-5]\d\.\d{3}000$/,
    event_type: /^pageview$/,
    page_url: /^http:\/\/www\.dummywebsite\.com\/[a-z_]+$/,
    page_url_path: /^\/(home|product_[ab]|cart|payment|confirmation)$/,
    referer_url: /^www\.[a-z]+\.com$/,
    referer_url_scheme: /^http$/,
    referer_url_port: /^80$/,
    referer_medium: /^(search|internal)$/,
    utm_medium: /^(cpc|affiliate|organic|social)$/,
    utm_source: /^(google|facebook|bing|instagram|mailchimp)$/,
    utm_content: /^ad_[1-5]$/,
    utm_campaign: /^campaign_[12]$/,
    click_id: uuid,
    geo_latitude: degrees,
    geo_longitude: degrees,
    geo_country: /^[A-Z]{2}$/,
    geo_timezone: /^[A-Z][A-Za-z]+\/[A-Z][A-Za-z_]+(\/[A-Z][a-z]+)?$/,
    geo_region_name: /^\p{Lu}[\p{L} -]+$/u,
    ip_address: /^\d{1,3}(\.\d{1,3}){3}$/,
    browser_name: /^(Chrome|Firefox|InternetExplorer|Safari|Opera)$/,
    browser_user_agent: /^(Mozilla\/5\.0|Opera\/9\.80) \([^()]+\)( [\w./]+( \([^()]+\))?)*$/,
    browser_language: /^[a-z]{2}_[A-Z]{2}$/,
    os:
      /^(Windows NT \d+\.\d|Macintosh; .+ Mac OS X 10_\d+_\d|X11; Linux \w+|Android [\d.]+|iP(ad|hone); CPU iP(ad|hone) OS [\d_]+ like Mac OS X)$/,
    os_name: /^(Windows|MacOS|Linux|Android|iOS)$/,
    os_timezone: /\//,
    device_type: /^(Mobile|Computer)$/,
    device_is_mobile: /^(true|false)$/,
    user_custom_id: /^[a-z]+(\.[a-z]+)?\d{0,2}@example\.(com|net|org)$/,
    user_domain_id: uuid,
  };
  const names = Object.keys(formats) as (keyof WebEvent)[];
  const zones = new Set<string>();
  for (const event of (await (busyDay ??= eventsOf(BUSY_DAY))).slice(0, 10_000)) {
    assert.deepEqual(Object.keys(event), names);
    for (const name of names) {
      const value = event[name];
      assert.equal(typeof value, name === "device_is_mobile" ? "boolean" : "string");
      assert.match(String(value), formats[name], name);
    }
    const isMobile = event.os_name === "Android" || event.os_name === "iOS";
    const isSearch = event.utm_source === "google" || event.utm_source === "bing";
    assert.equal(event.page_url, `http://www.dummywebsite.com${event.page_url_path}`);
    assert.equal(event.referer_url, `www.${event.utm_source}.com`);
    assert.equal(event.referer_medium, isSearch ? "search" : "internal");
    assert.equal(event.os_timezone, event.geo_timezone);
    assert.equal(event.device_is_mobile, isMobile);
    assert.equal(event.device_type, isMobile ? "Mobile" : "Computer");
    assert.ok(event.browser_user_agent.includes(event.os));
    const [network, ...rest] = event.ip_address.split(".").map(Number) as [number, number];
    assert.ok(network < 224 && ![0, 10, 127].includes(network), event.ip_address);
    assert.ok(rest.every((octet) => octet < 256), event.ip_address);
    assert.ok(Math.abs(Number(event.geo_latitude)) < 90);
    assert.ok(Math.abs(Number(event.geo_longitude)) < 180);
    zones.add(event.geo_timezone);
  }
  assert.ok(zones.size > 60);
  for (const timeZone of zones) new Intl.DateTimeFormat("en", { timeZone }); // throws if unknown
});

test("simulated events: users keep their attributes, and there are no more than asked for", async () => {
  const users = new Map<string, string>();
  const ids = new Set<string>();
  for (const event of await eventsOf({ events: 2000, users: 7 })) {
    const entries = Object.entries(event);
    const attributes = JSON.stringify(entries.slice(5));
    assert.equal(users.get(event.user_domain_id) ?? attributes, attributes);
    users.set(event.user_domain_id, attributes);
    ids.add(event.event_id);
  }
  assert.equal(users.size, 7);
  assert.equal(ids.size, 2000);
});

test("simulated events: attributes are as frequent as in fake-web-events", async () => {
  const users = (await sessionsOfBusyDay()).map(({ user }) => user);
  const expected: Partial<Record<keyof WebEvent, Record<string, number>>> = {
    os_name: { Windows: 10, MacOS: 15, Linux: 5, Android: 30, iOS: 40 },
    utm_source: { google: 15, facebook: 30, bing: 5, instagram: 20, mailchimp: 30 },
    utm_medium: { cpc: 25, affiliate: 10, organic: 40, social: 25 },
    utm_content: { ad_1: 5, ad_2: 30, ad_3: 20, ad_4: 25, ad_5: 20 },
    utm_campaign: { campaign_1: 80, campaign_2: 20 },
    browser_name: { Chrome: 50, Firefox: 25, InternetExplorer: 5, Safari: 10, Opera: 10 },
  };
  for (const [name, weights] of Object.entries(expected)) {
    assertShares(name, users.map((user) => String(user[name as keyof WebEvent])), weights);
  }
});

test("simulated events: sessions start as often in each hour as in fake-web-events", async () => {
  // deno-fmt-ignore
  const visits = [
    273, 185, 108, 107, 50, 105, 192, 297, 382, 426, 549, 583,
    646, 627, 572, 521, 590, 667, 718, 662, 696, 428, 329, 287,
  ];
  const sessions = await sessionsOfBusyDay();
  const hours = sessions.map(({ times }) => String(new Date(times[0]!).getUTCHours()));
  assertShares("hour", hours, Object.fromEntries(visits.entries()));
  // Steps take 9.5 s on average where rates are for 10 s: a day has a few sessions more than asked.
  const perDay = 20_000 * 10 / 9.5;
  assert.ok(Math.abs(sessions.length / perDay - 1) < 0.03, String(sessions.length));
});

test("simulated events: pages follow each other as in fake-web-events", async () => {
  const transitions: Record<string, Record<string, number>> = {
    home: { home: 45, product_a: 17, product_b: 12, end: 26 },
    product_a: { product_a: 50, home: 18, cart: 12, end: 20 },
    product_b: { product_b: 40, home: 22, cart: 14, end: 24 },
    cart: { cart: 25, payment: 50, home: 15, end: 10 },
    payment: { payment: 45, confirmation: 40, cart: 10, end: 5 },
    confirmation: { confirmation: 40, end: 60 },
  };
  const dayEnd = DAY_START + 86_400_000;
  const sessions = (await sessionsOfBusyDay()).filter(({ times }) =>
    times.at(-1)! < dayEnd - 300_000
  );
  assertShares("landing", sessions.map(({ pages }) => pages[0]!), {
    home: 60,
    product_a: 25,
    product_b: 15,
  });
  for (const [page, { [page]: stay = 0, ...leave }] of Object.entries(transitions)) {
    const followers: string[] = [];
    const dwells: number[] = [];
    for (const { pages, times } of sessions) {
      for (let i = 0; i < pages.length; i++) {
        if (pages[i] !== page) continue;
        followers.push(pages[i + 1] ?? "end");
        if (i + 1 < pages.length) dwells.push(times[i + 1]! - times[i]!);
      }
    }
    assertShares(`after ${page}`, followers, leave); // never the page itself
    if (dwells.length === 0) continue;
    // How long visitors stay shows how likely a step leaves them where they are.
    const mean = dwells.reduce((a, b) => a + b, 0) / dwells.length;
    const expected = 9500 / (1 - stay / 100);
    const deviation = expected / Math.sqrt(dwells.length);
    assert.ok(Math.abs(mean - expected) < 4 * deviation, `${page}: ${mean} ms, not ${expected}`);
  }
});

test("simulated events: times are out of order, by less than 6 s", async () => {
  let latest = -Infinity;
  let disorder = 0;
  for (const event of await (busyDay ??= eventsOf(BUSY_DAY))) {
    latest = Math.max(latest, timeOf(event));
    disorder = Math.max(disorder, latest - timeOf(event));
  }
  assert.ok(disorder > 5000 && disorder < 6000, String(disorder));
});

test("simulated events: a duration bounds the times of all events", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const options = { duration: 60_000 + seed, sessionsPerDay: 1_000_000, seed };
    const times = (await eventsOf(options)).map(timeOf).sort((a, b) => a - b);
    const first = times[0]! - DAY_START;
    const last = times.at(-1)! - DAY_START;
    assert.ok(first >= 0 && first < 1000, `${first} ms after the start`);
    assert.ok(last >= 45_000 && last < options.duration, `${last} ms after the start`);
  }
  assert.deepEqual(await eventsOf({ duration: 0 }), []);
  assert.deepEqual(
    await bytesOf({ duration: 3_600_000, sessionsPerDay: 5000 }),
    await bytesOf({ duration: "1h", sessionsPerDay: 5000 }),
  );
});

test("simulated events: a smaller count gives the beginning of a greater", async () => {
  const [all, some] = await Promise.all([bytesOf({ events: 500 }), bytesOf({ events: 123 })]);
  assert.deepEqual(all.subarray(0, some.length), some);
});

test("simulated events: a start is a date, milliseconds or ISO 8601 in UTC", async () => {
  const starts = [
    "2022-06-01",
    "2022-06-01 00:00",
    "2022-06-01T00:00:00",
    "2022-06-01T00:00:00.0Z",
    "2022-06-01T02:00:00.000+02:00",
    DAY_START,
    new Date(DAY_START),
  ];
  const expected = await eventsOf({ events: 3 });
  for (const start of starts) assert.deepEqual(await eventsOf({ events: 3, start }), expected);
});

test("simulated events: the end of the year 9999 is the end", async () => {
  const events = await eventsOf({ start: "9999-12-31T23:00Z", sessionsPerDay: 5000 });
  assert.ok(events.length > 100);
  for (const event of events) assert.match(event.event_timestamp, /^9999-12-31 23:/);
});
