/**
 * 4 or 6 when the text is an IP address of that version, else 0. Written out because `node:net` belongs to the transport alone.
 * An IPv6 address may end in a dotted IPv4 one; scopes (`%eth0`) are not addresses. RFC 4291 section 2.2.
 */
export function isIP(text: string): 0 | 4 | 6 {
  if (!text.includes(":")) return isIPv4(text) ? 4 : 0;
  const halves = text.split("::");
  if (halves.length > 2) return 0;
  let groups = 0;
  for (let i = 0; i < halves.length; i++) {
    if (halves[i] === "") continue;
    const parts = halves[i].split(":");
    for (let j = 0; j < parts.length; j++) {
      const last = i === halves.length - 1 && j === parts.length - 1;
      if (last && parts[j].includes(".")) {
        if (!isIPv4(parts[j])) return 0;
        groups += 2;
      } else {
        if (!/^[0-9a-fA-F]{1,4}$/.test(parts[j])) return 0;
        groups++;
      }
    }
  }
  return (halves.length === 2 ? groups <= 7 : groups === 8) ? 6 : 0;
}

function isIPv4(text: string): boolean {
  return /^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?!$)|$)){4}$/.test(text);
}
