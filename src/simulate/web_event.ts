/**
 * One page view, in the fields, order and formats of Python's fake-web-events. All are strings
 * except {@linkcode WebEvent.device_is_mobile}; none is ever null.
 *
 * @example
 * ```ts
 * import { simulateEvents, type WebEvent } from "sluice";
 *
 * const paths: string[] = [];
 * for await (const event of simulateEvents({ events: 3 })) {
 *   const { page_url_path }: WebEvent = event;
 *   paths.push(page_url_path);
 * }
 * console.log(paths); // [ "/home", "/product_b", "/home" ]
 * ```
 */
export interface WebEvent {
  /** A version 4 UUID. */
  event_id: string;
  /** `YYYY-MM-DD HH:MM:SS.ffffff`, without a zone; whole milliseconds. */
  event_timestamp: string;
  /** Always `pageview`. */
  event_type: "pageview";
  /** `http://www.dummywebsite.com/{page}`. */
  page_url: string;
  /** `/{page}`. */
  page_url_path: string;
  /** `www.{utm_source}.com`. */
  referer_url: string;
  /** Always `http`. */
  referer_url_scheme: string;
  /** Always `80`. */
  referer_url_port: string;
  /** `search` for google and bing, otherwise `internal`. */
  referer_medium: string;
  /** `cpc`, `affiliate`, `organic` or `social`. */
  utm_medium: string;
  /** `google`, `facebook`, `bing`, `instagram` or `mailchimp`. */
  utm_source: string;
  /** The advertisement: `ad_1` to `ad_5`. */
  utm_content: string;
  /** `campaign_1` or `campaign_2`. */
  utm_campaign: string;
  /** A version 4 UUID, one per user. */
  click_id: string;
  /** Degrees north, in decimal. */
  geo_latitude: string;
  /** Degrees east, in decimal. */
  geo_longitude: string;
  /** ISO 3166-1 alpha-2 code. */
  geo_country: string;
  /** IANA time zone name. */
  geo_timezone: string;
  /** Name of the place. */
  geo_region_name: string;
  /** A public IPv4 address. */
  ip_address: string;
  /** `Chrome`, `Firefox`, `InternetExplorer`, `Safari` or `Opera`. */
  browser_name: string;
  /** The browser's user agent string; it names the same `os`. */
  browser_user_agent: string;
  /** Language and territory, such as `tn_ZA`. */
  browser_language: string;
  /** The platform as user agents name it, such as `Windows NT 5.2`. */
  os: string;
  /** `Windows`, `MacOS`, `Linux`, `Android` or `iOS`. */
  os_name: string;
  /** Same as `geo_timezone`. */
  os_timezone: string;
  /** `Mobile` for Android and iOS, otherwise `Computer`. */
  device_type: string;
  /** Whether `device_type` is `Mobile`. */
  device_is_mobile: boolean;
  /** An e-mail address, in a domain reserved for examples (RFC 2606, section 3). */
  user_custom_id: string;
  /** A version 4 UUID, one per user. */
  user_domain_id: string;
}

/** The fields that belong to the user and are the same in all their events. */
export type UserAttributes = Omit<
  WebEvent,
  "event_id" | "event_timestamp" | "event_type" | "page_url" | "page_url_path"
>;
