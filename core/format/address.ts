/** "ip:port", brackets around IPv6 as Envoy writes it. */
export function withPort(ip: string, port: number): string {
  return ip.includes(":") ? "[" + ip + "]:" + port : ip + ":" + port;
}

/** The IP of "ip:port" or "[ip]:port"; what is no such address is returned whole. */
export function withoutPort(address: string): string {
  if (address.startsWith("[")) {
    const end = address.indexOf("]");
    return end < 0 ? address : address.slice(1, end);
  }
  const colon = address.indexOf(":");
  return colon < 0 || colon !== address.lastIndexOf(":") ? address : address.slice(0, colon);
}

/** The port of "ip:port", -1 when there is none. */
export function portOf(address: string): number {
  const colon = address.lastIndexOf(":");
  if (colon < 0 || (address.startsWith("[") ? address[colon - 1] !== "]" : address.indexOf(":") !== colon)) return -1;
  const port = Number(address.slice(colon + 1));
  return Number.isInteger(port) ? port : -1;
}

/** The network that an IP lies in, "10.1.0.0/16"; undefined when the text is no IP or the length no prefix of it. */
export function maskAddress(ip: string, bits: number): string | undefined {
  if (!ip.includes(":")) {
    const bytes = ip.split(".").map(Number);
    if (bytes.length !== 4 || bytes.some((b) => !(b >= 0 && b <= 255)) || bits > 32) return undefined;
    return bytes.map((b, i) => b & keep(bits - i * 8, 8)).join(".") + "/" + bits;
  }
  const words = parseIpv6(ip);
  if (words === undefined || bits > 128) return undefined;
  return formatIpv6(words.map((w, i) => w & keep(bits - i * 16, 16))) + "/" + bits;
}

/** A mask of `size` bits whose first `bits` are set. */
function keep(bits: number, size: number): number {
  const set = Math.max(0, Math.min(size, bits));
  return ((1 << size) - 1) & ~((1 << (size - set)) - 1);
}

function parseIpv6(ip: string): number[] | undefined {
  const zone = ip.indexOf("%");
  const text = zone < 0 ? ip : ip.slice(0, zone);
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const sides = halves.map((half) => (half === "" ? [] : half.split(":").flatMap(words)));
  const missing = 8 - sides.reduce((n, side) => n + side.length, 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const all = halves.length === 2 ? [...sides[0], ...new Array<number>(missing).fill(0), ...sides[1]] : sides[0];
  return all.some((w) => !(w >= 0 && w <= 0xffff)) ? undefined : all;
}

/** A group of IPv6; one that is an IPv4 address makes two. */
function words(group: string): number[] {
  if (!group.includes(".")) return [/^[\da-f]{1,4}$/i.test(group) ? parseInt(group, 16) : NaN];
  const b = group.split(".").map(Number);
  return b.length === 4 ? [b[0] * 256 + b[1], b[2] * 256 + b[3]] : [NaN];
}

/** RFC 5952: lower case, the longest run of zero groups as "::". */
function formatIpv6(groups: readonly number[]): string {
  let from = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && groups[i + n] === 0) n++;
    if (n > length) [from, length] = [i, n];
    i += n;
  }
  const hex = groups.map((g) => g.toString(16));
  if (from < 0) return hex.join(":");
  return hex.slice(0, from).join(":") + "::" + hex.slice(from + length).join(":");
}
