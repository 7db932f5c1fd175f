import type { Random } from "./random.ts";

/** The operating systems users have. */
export type OsName = "Windows" | "MacOS" | "Linux" | "Android" | "iOS";

/** The browsers users have. */
export type BrowserName = "Chrome" | "Firefox" | "InternetExplorer" | "Safari" | "Opera";

const WINDOWS_VERSIONS = ["5.1", "5.2", "6.0", "6.1", "6.2", "6.3", "10.0"];
const MAC_PROCESSORS = ["PPC", "U; PPC", "Intel", "U; Intel"];
const LINUX_PROCESSORS = ["x86_64", "i686"];
const ANDROID_VERSIONS = ["2.0.1", "2.3.7", "4.4.4", "5.1.1", "6.0.1", "7.1.2", "8.1.0", "9", "10"];
const IOS_VERSIONS = ["7_1_2", "9_3_5", "10_3_4", "11_4_1", "12_4", "12_4_8", "13_7", "14_2"];
const IOS_DEVICES = ["iPhone; CPU iPhone OS", "iPad; CPU iPad OS"];

/** The platform as a user agent string names it, such as `X11; Linux x86_64`. */
export function platformToken(os: OsName, random: Random): string {
  switch (os) {
    case "Windows":
      return `Windows NT ${random.pick(WINDOWS_VERSIONS)}`;
    case "MacOS": {
      const processor = random.pick(MAC_PROCESSORS);
      return `Macintosh; ${processor} Mac OS X 10_${between(4, 15, random)}_${
        between(0, 8, random)
      }`;
    }
    case "Linux":
      return `X11; Linux ${random.pick(LINUX_PROCESSORS)}`;
    case "Android":
      return `Android ${random.pick(ANDROID_VERSIONS)}`;
    case "iOS":
      return `${random.pick(IOS_DEVICES)} ${random.pick(IOS_VERSIONS)} like Mac OS X`;
  }
}

/** A user agent string of the browser on a platform, as {@linkcode platformToken} names it. */
export function userAgent(browser: BrowserName, platform: string, random: Random): string {
  const mobile = platform.includes("like Mac OS X") ? `Mobile/${between(10, 18, random)}A403 ` : "";
  switch (browser) {
    case "Chrome": {
      const product = mobile === "" ? "Chrome" : "CriOS";
      const version = `${between(30, 86, random)}.0.${between(1500, 4200, random)}.0`;
      return `${webKit(platform, "537.36")} ${product}/${version} ${mobile}Safari/537.36`;
    }
    case "Firefox": {
      const version = `${between(24, 83, random)}.0`;
      return mobile === ""
        ? `Mozilla/5.0 (${platform}; rv:${version}) Gecko/20100101 Firefox/${version}`
        : `${webKit(platform, "605.1.15")} FxiOS/${version} ${mobile}Safari/605.1.15`;
    }
    case "InternetExplorer": {
      const version = between(8, 10, random);
      return `Mozilla/5.0 (compatible; MSIE ${version}.0; ${platform}; Trident/${version - 4}.0)`;
    }
    case "Safari": {
      const build = `60${between(1, 9, random)}.${between(1, 7, random)}`;
      const version = `${between(8, 14, random)}.${between(0, 1, random)}`;
      return `${webKit(platform, build)} Version/${version} ${mobile}Safari/${build}`;
    }
    case "Opera": {
      const presto = `2.${between(8, 12, random)}.${between(160, 388, random)}`;
      return `Opera/9.80 (${platform}) Presto/${presto} Version/12.${between(10, 18, random)}`;
    }
  }
}

function webKit(platform: string, version: string): string {
  return `Mozilla/5.0 (${platform}) AppleWebKit/${version} (KHTML, like Gecko)`;
}

/** A whole number from `least` to `most`. */
function between(least: number, most: number, random: Random): number {
  return least + random.below(most - least + 1);
}
