import { type Place, PLACES } from "./places.ts";
import type { Random } from "./random.ts";
import { type BrowserName, type OsName, platformToken, userAgent } from "./user_agent.ts";
import type { UserAttributes } from "./web_event.ts";
import { WeightedChoice } from "./weighted_choice.ts";

const OPERATING_SYSTEMS = new WeightedChoice<OsName>({
  Windows: 10,
  MacOS: 15,
  Linux: 5,
  Android: 30,
  iOS: 40,
});

const BROWSERS = new WeightedChoice<BrowserName>({
  Chrome: 50,
  Firefox: 25,
  InternetExplorer: 5,
  Safari: 10,
  Opera: 10,
});

const SOURCES = new WeightedChoice({
  google: 15,
  facebook: 30,
  bing: 5,
  instagram: 20,
  mailchimp: 30,
});

const MEDIUMS = new WeightedChoice({ cpc: 25, affiliate: 10, organic: 40, social: 25 });

const ADS = new WeightedChoice({ ad_1: 5, ad_2: 30, ad_3: 20, ad_4: 25, ad_5: 20 });

const CAMPAIGNS = new WeightedChoice({ campaign_1: 80, campaign_2: 20 });

const LANGUAGES: readonly string[] = `
  af_ZA am_ET ar_EG ar_MA bg_BG bn_BD ca_ES cs_CZ da_DK de_AT de_CH de_DE el_GR en_AU en_CA en_GB
  en_IE en_IN en_NG en_NZ en_US en_ZA es_AR es_CL es_CO es_ES es_MX et_EE fa_IR fi_FI fr_BE fr_CA
  fr_CH fr_FR ga_IE he_IL hi_IN hr_HR hu_HU id_ID is_IS it_IT ja_JP ka_GE kk_KZ ko_KR lt_LT mi_NZ
  mn_MN ms_MY nb_NO ne_NP nl_BE nl_NL pl_PL pt_BR pt_PT ro_RO rw_RW sl_SI sv_SE sw_KE ta_IN th_TH
  tn_ZA tr_TR ur_PK vi_VN wo_SN xh_ZA yo_NG zh_CN zh_TW zu_ZA
`.trim().split(/\s+/);

const FIRST_NAMES: readonly string[] = `
  ada alan amara anna bela carlos chen clara daniel diego elena emre eva farah felix grace hana
  hugo ida ines ivan jana john kofi laura leo lin lucia maria marta mei nadia noah olga omar paul
  priya rosa samuel sara sofia tariq thandi tom vera victor wei yuki zoe
`.trim().split(/\s+/);

const LAST_NAMES: readonly string[] = `
  adeyemi ahmed almeida andersson baker brown chavez cohen costa dubois eriksen evans fischer
  garcia gomez haddad hansen harris hernandez horvat ito jensen jones kaya kim kowalski kumar lee
  lopez mbeki moreau murphy nagy nguyen novak okafor patel pereira petrov popescu rossi sato
  schmidt silva smith tanaka virtanen wang weber yilmaz
`.trim().split(/\s+/);

const MAIL_DOMAINS: readonly string[] = ["example.com", "example.net", "example.org"];

/** Whose first octet has a special-purpose block anywhere under it (RFC 6890, section 2.2). */
const SPECIAL_FIRST_OCTETS: readonly number[] = [10, 100, 127, 169, 172, 192, 198, 203];

/** First octets under which every address is public; from 224 on come multicast and reserved. */
const PUBLIC_FIRST_OCTETS: readonly number[] = Array.from({ length: 223 }, (_, i) => i + 1)
  .filter((octet) => !SPECIAL_FIRST_OCTETS.includes(octet));

/** Someone who visits the site: attributes that stay the same in all their events. */
export class User {
  /** The fields every event of the user carries, in order. */
  readonly attributes: UserAttributes;
  #jsonRest: Uint8Array | undefined;

  constructor(random: Random) {
    this.attributes = drawAttributes(random);
  }

  /** {@linkcode User.attributes} as the rest of a line of JSON, in UTF-8: no opening brace. */
  get jsonRest(): Uint8Array {
    return this.#jsonRest ??= new TextEncoder().encode(
      JSON.stringify(this.attributes).slice(1) + "\n",
    );
  }
}

function drawAttributes(random: Random): UserAttributes {
  const source = SOURCES.pick(random);
  const [latitude, longitude, region, country, timezone]: Place = random.pick(PLACES);
  const osName = OPERATING_SYSTEMS.pick(random);
  const os = platformToken(osName, random);
  const browser = BROWSERS.pick(random);
  const isMobile = osName === "Android" || osName === "iOS";
  return {
    referer_url: `www.${source}.com`,
    referer_url_scheme: "http",
    referer_url_port: "80",
    referer_medium: source === "google" || source === "bing" ? "search" : "internal",
    utm_medium: MEDIUMS.pick(random),
    utm_source: source,
    utm_content: ADS.pick(random),
    utm_campaign: CAMPAIGNS.pick(random),
    click_id: random.uuid(),
    geo_latitude: latitude,
    geo_longitude: longitude,
    geo_country: country,
    geo_timezone: timezone,
    geo_region_name: region,
    ip_address: publicIpv4(random),
    browser_name: browser,
    browser_user_agent: userAgent(browser, os, random),
    browser_language: random.pick(LANGUAGES),
    os,
    os_name: osName,
    os_timezone: timezone,
    device_type: isMobile ? "Mobile" : "Computer",
    device_is_mobile: isMobile,
    user_custom_id: email(random),
    user_domain_id: random.uuid(),
  };
}

function publicIpv4(random: Random): string {
  const network = random.pick(PUBLIC_FIRST_OCTETS);
  return `${network}.${random.below(256)}.${random.below(256)}.${1 + random.below(254)}`;
}

function email(random: Random): string {
  const first = random.pick(FIRST_NAMES);
  const last = random.pick(LAST_NAMES);
  const name = random.pick([`${first[0]}${last}`, `${first}.${last}`, `${first}${last}`, first]);
  const suffix = random.pick(["", String(1 + random.below(99))]);
  return `${name}${suffix}@${random.pick(MAIL_DOMAINS)}`;
}
