import { isIP } from "../../../../core/resources/ip.ts";

// Each function here returns what is wrong with a text, or undefined.

const LABEL = /^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$/;
const WILDCARD_LABEL = /^(?:\*|(?:\*-?)?[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)$/;

/** Whether a text is a label of a DNS name (RFC 1123), in any case as Istio has it. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && LABEL.test(text);
}

/** A DNS name without wildcard. Istio: `ValidateFQDN`. */
export function domainProblem(text: string): string | undefined {
  return lengthProblem(text) ?? labelsProblem(text, text);
}

/** A DNS name whose first label may be or begin with `*`. Istio: `ValidateWildcardDomain`. */
export function wildcardDomainProblem(text: string): string | undefined {
  const length = lengthProblem(text);
  if (length !== undefined) return length;
  const dot = text.indexOf(".");
  const first = dot < 0 ? text : text.slice(0, dot);
  if (first.length > 63 || !WILDCARD_LABEL.test(first)) return wantedDomain(text, first);
  return dot < 0 ? undefined : labelsProblem(text.slice(dot + 1), text);
}

function lengthProblem(text: string): string | undefined {
  if (text === "") return 'found "", wanted a DNS name';
  return text.length > 255 ? `found a name of ${text.length} characters, wanted at most 255` : undefined;
}

function labelsProblem(text: string, whole: string): string | undefined {
  const labels = text.split(".");
  const last = labels[labels.length - 1];
  if (/^[-+]?[0-9]+$/.test(last)) return `found "${whole}", wanted a DNS name: its last part can't be a number`;
  for (let i = 0; i < labels.length; i++) {
    // A final dot says that the name is complete.
    if (i === labels.length - 1 && labels[i] === "") return undefined;
    if (!isDnsLabel(labels[i])) return wantedDomain(whole, labels[i]);
  }
  return undefined;
}

function wantedDomain(whole: string, label: string): string {
  return `found "${whole}", wanted a DNS name: "${label}" can't be a part of one`;
}

/** `a*.x` and `*-a.x`: Istio: `ValidatePartialWildCard`. */
export function isPartialWildcard(text: string): boolean {
  return text.includes("*") && text !== "*" && !text.startsWith("*.");
}

/** An IP address, or a range of them in CIDR form. */
export function subnetProblem(text: string): string | undefined {
  const slash = text.indexOf("/");
  const version = isIP(slash < 0 ? text : text.slice(0, slash));
  if (slash < 0) return version === 0 ? `found "${text}", wanted an IP address or a range such as "10.0.0.0/8"` : undefined;
  const length = text.slice(slash + 1);
  const valid = version !== 0 && /^(?:0|[1-9][0-9]{0,2})$/.test(length) && Number(length) <= (version === 4 ? 32 : 128);
  return valid ? undefined : `found "${text}", wanted a range such as "10.0.0.0/8"`;
}

/** Istio: `ValidatePort`. */
export function portProblem(port: number): string | undefined {
  return port >= 1 && port <= 65_535 ? undefined : `found ${port}, wanted a port from 1 to 65535`;
}

/** The path behind `unix://`, or a name in the abstract namespace. */
export function unixAddressProblem(address: string): string | undefined {
  const path = address.slice("unix://".length);
  if (path.startsWith("@")) return undefined;
  return path.startsWith("/") && !path.endsWith("/") ? undefined : `found "${address}", wanted "unix://" and an absolute path`;
}

const QUALIFIED = "(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE = new RegExp(`^(?:${QUALIFIED})?$`);
const LABEL_KEY = new RegExp(
  `^(?:([a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?(?:\\.[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)*)/)?(${QUALIFIED})$`,
);

/** The key of a Kubernetes label: a name, perhaps behind `domain/`. */
export function labelKeyProblem(key: string): string | undefined {
  const match = LABEL_KEY.exec(key);
  if (match !== null && (match[1] ?? "").length <= 253 && match[2].length <= 63) return undefined;
  return `found "${key}", wanted the key of a label`;
}

/** The value of a Kubernetes label. */
export function labelValueProblem(value: string): string | undefined {
  return value.length <= 63 && LABEL_VALUE.test(value) ? undefined : `found "${value}", wanted the value of a label`;
}
