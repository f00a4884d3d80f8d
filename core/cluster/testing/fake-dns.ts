import type { DnsAddress, DnsLookupFamily, DnsResolver } from "../dns/dns-resolver.ts";

/** A resolver that says what the test put in. */
export class FakeDns implements DnsResolver {
  /** By name; an error is a failure. Unknown names have no address. */
  readonly answers = new Map<string, readonly DnsAddress[] | Error>();
  /** Names that were asked for, in order. */
  readonly asked: string[] = [];
  readonly families: DnsLookupFamily[] = [];

  set(name: string, ...ips: readonly string[]): void {
    this.answers.set(
      name,
      ips.map((ip) => ({ ip, ttl: 0 })),
    );
  }

  resolve(name: string, family: DnsLookupFamily): Promise<readonly DnsAddress[]> {
    this.asked.push(name);
    this.families.push(family);
    const answer = this.answers.get(name) ?? [];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }
}
