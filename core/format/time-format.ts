/** Gives the text for a wall-clock time in milliseconds since the epoch; fractions count. */
export type TimeFormat = (ms: number) => string;

type Part = string | ((at: Date, fraction: number) => string);

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** "000Z" to "999Z". */
const MILLIS: readonly string[] = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, "0") + "Z");

/** `%START_TIME%` without an argument: "2026-11-24T02:51:13.998Z". One date is made a second. */
export function isoTime(): TimeFormat {
  let from = NaN;
  let head = "";
  return (ms) => {
    let rest = ms - from;
    if (!(rest >= 0 && rest < 1000)) {
      from = Math.floor(ms / 1000) * 1000;
      head = new Date(from).toISOString().slice(0, 20);
      rest = ms - from;
    }
    return head + MILLIS[rest | 0];
  };
}

/**
 * Compiles a `START_TIME` format: what strftime and Envoy know (`%Y-%m-%dT%H:%M:%S.%3f`, `%s`, `%E3S`, ...). A specifier that is not
 * known stays as it is. Returns undefined for one that would print a line end (`%n`).
 * @param local in the local time zone instead of UTC
 */
export function compileTimeFormat(format: string, local = false): TimeFormat | undefined {
  const parts: Part[] = [];
  let literal = "";
  const push = (part: Part): void => {
    if (typeof part === "string") {
      literal += part;
      return;
    }
    if (literal !== "") parts.push(literal);
    literal = "";
    parts.push(part);
  };
  for (let i = 0; i < format.length; i++) {
    if (format[i] !== "%" || i + 1 >= format.length) {
      push(format[i]);
      continue;
    }
    const spec = /^%(?:E(?:[1-9]S|\*S|\*z|z|4Y)|[1-9]?f|.)/s.exec(format.slice(i))?.[0] ?? "%";
    if (spec === "%n") return undefined;
    push(specifier(spec.slice(1), local) ?? spec);
    i += spec.length - 1;
  }
  if (literal !== "") parts.push(literal);
  return cached(parts);
}

/** All parts but fractions stay the same for a second. */
function cached(parts: readonly Part[]): TimeFormat {
  const fractional = parts.some((part) => typeof part === "function" && FRACTIONAL.has(part));
  let second = NaN;
  let at = new Date(0);
  let whole = "";
  return (ms) => {
    const now = Math.floor(ms / 1000);
    if (now !== second) {
      second = now;
      at = new Date(now * 1000);
      if (!fractional) whole = join(parts, at, 0);
    }
    return fractional ? join(parts, at, ms - now * 1000) : whole;
  };
}

function join(parts: readonly Part[], at: Date, fraction: number): string {
  let out = "";
  for (const part of parts) out += typeof part === "string" ? part : part(at, fraction);
  return out;
}

const FRACTIONAL = new WeakSet<object>();

/** Nine digits of a second's fraction, which is given in milliseconds. A double of today's dates is exact to the microsecond, no further. */
function nineDigits(fraction: number): string {
  return String(Math.min(999_999, Math.round(fraction * 1000))).padStart(6, "0") + "000";
}

/** Digits of the fraction of the second. */
function fractionDigits(digits: number, before?: (at: Date) => string): Part {
  const part = (at: Date, fraction: number): string => {
    const text = nineDigits(fraction).slice(0, digits);
    return before === undefined ? text : before(at) + "." + text;
  };
  FRACTIONAL.add(part);
  return part;
}

function specifier(spec: string, local: boolean): Part | undefined {
  if (spec.endsWith("f")) return fractionDigits(spec === "f" ? 9 : Number(spec[0]));
  const f = local ? LOCAL : UTC;
  const compile = (format: string): Part => {
    const inner = compileTimeFormat(format, local);
    return (at) => inner?.(at.getTime()) ?? "";
  };
  if (/^E[1-9]S$/.test(spec)) return fractionDigits(Number(spec[1]), (at) => two(f.seconds(at)));
  switch (spec) {
    case "a":
      return (at) => DAYS[f.day(at)].slice(0, 3);
    case "A":
      return (at) => DAYS[f.day(at)];
    case "b":
    case "h":
      return (at) => MONTHS[f.month(at)].slice(0, 3);
    case "B":
      return (at) => MONTHS[f.month(at)];
    case "c":
      return compile("%a %b %e %H:%M:%S %Y");
    case "C":
      return (at) => two(Math.floor(f.year(at) / 100));
    case "d":
      return (at) => two(f.date(at));
    case "D":
    case "x":
      return compile("%m/%d/%y");
    case "e":
      return (at) => String(f.date(at)).padStart(2);
    case "F":
      return compile("%Y-%m-%d");
    case "g":
      return (at) => two(isoWeek(f, at).year % 100);
    case "G":
      return (at) => String(isoWeek(f, at).year);
    case "H":
      return (at) => two(f.hours(at));
    case "I":
      return (at) => two(f.hours(at) % 12 || 12);
    case "j":
      return (at) => String(yearDay(f, at) + 1).padStart(3, "0");
    case "k":
      return (at) => String(f.hours(at)).padStart(2);
    case "l":
      return (at) => String(f.hours(at) % 12 || 12).padStart(2);
    case "m":
      return (at) => two(f.month(at) + 1);
    case "M":
      return (at) => two(f.minutes(at));
    case "p":
      return (at) => (f.hours(at) < 12 ? "AM" : "PM");
    case "P":
      return (at) => (f.hours(at) < 12 ? "am" : "pm");
    case "r":
      return compile("%I:%M:%S %p");
    case "R":
      return compile("%H:%M");
    case "s":
      return (at) => String(Math.floor(at.getTime() / 1000));
    case "S":
      return (at) => two(f.seconds(at));
    case "t":
      return "\t";
    case "T":
    case "X":
      return compile("%H:%M:%S");
    case "u":
      return (at) => String(f.day(at) || 7);
    case "U":
      return (at) => two(Math.floor((yearDay(f, at) + 7 - f.day(at)) / 7));
    case "V":
      return (at) => two(isoWeek(f, at).week);
    case "w":
      return (at) => String(f.day(at));
    case "W":
      return (at) => two(Math.floor((yearDay(f, at) + 7 - ((f.day(at) + 6) % 7)) / 7));
    case "y":
      return (at) => two(f.year(at) % 100);
    case "Y":
      return (at) => String(f.year(at));
    case "E4Y":
      return (at) => String(f.year(at)).padStart(4, "0");
    case "z":
      return (at) => offset(f.offset(at), "");
    case "Ez":
      return (at) => offset(f.offset(at), ":");
    case "E*z":
      return (at) => offset(f.offset(at), ":") + ":00";
    case "Z":
      return local ? (at): string => zoneName(at) : "UTC";
    case "E*S": {
      const part: Part = (at, fraction) => {
        const digits = nineDigits(fraction).replace(/0+$/, "");
        return two(f.seconds(at)) + (digits === "" ? "" : "." + digits);
      };
      FRACTIONAL.add(part);
      return part;
    }
    case "%":
      return "%";
    default:
      return undefined;
  }
}

interface Fields {
  year(at: Date): number;
  month(at: Date): number;
  date(at: Date): number;
  day(at: Date): number;
  hours(at: Date): number;
  minutes(at: Date): number;
  seconds(at: Date): number;
  /** Minutes east of Greenwich. */
  offset(at: Date): number;
}

const UTC: Fields = {
  year: (at) => at.getUTCFullYear(),
  month: (at) => at.getUTCMonth(),
  date: (at) => at.getUTCDate(),
  day: (at) => at.getUTCDay(),
  hours: (at) => at.getUTCHours(),
  minutes: (at) => at.getUTCMinutes(),
  seconds: (at) => at.getUTCSeconds(),
  offset: () => 0,
};

const LOCAL: Fields = {
  year: (at) => at.getFullYear(),
  month: (at) => at.getMonth(),
  date: (at) => at.getDate(),
  day: (at) => at.getDay(),
  hours: (at) => at.getHours(),
  minutes: (at) => at.getMinutes(),
  seconds: (at) => at.getSeconds(),
  offset: (at) => -at.getTimezoneOffset(),
};

function yearDay(f: Fields, at: Date): number {
  return Math.round((Date.UTC(f.year(at), f.month(at), f.date(at)) - Date.UTC(f.year(at), 0, 1)) / 86_400_000);
}

/** ISO 8601: the week with the year's first Thursday is the first. */
function isoWeek(f: Fields, at: Date): { year: number; week: number } {
  const thursday = new Date(Date.UTC(f.year(at), f.month(at), f.date(at) + 4 - (f.day(at) || 7)));
  const year = thursday.getUTCFullYear();
  return { year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 / 7) + 1 };
}

function offset(minutes: number, colon: string): string {
  const abs = Math.abs(minutes);
  return (minutes < 0 ? "-" : "+") + two(Math.floor(abs / 60)) + colon + two(abs % 60);
}

function zoneName(at: Date): string {
  return /\(([^)]*)\)$/.exec(at.toString())?.[1] ?? offset(-at.getTimezoneOffset(), "");
}

function two(n: number): string {
  return n < 10 ? "0" + n : String(n);
}
