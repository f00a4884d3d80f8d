/** An IP as people write it: an IPv4 address that came through an IPv6 socket (`::ffff:10.0.0.1`, RFC 4291 section 2.5.5.2) is an IPv4 address. */
export function plainIp(ip: string): string {
  return ip.startsWith("::ffff:") && ip.includes(".") ? ip.slice(7) : ip;
}
