import type { Logger } from "../contract/filter.ts";
import type { Problem, Report } from "../match/problem.ts";
import type { LoadedCertificate } from "./certificate.ts";
import type { Secrets } from "./secrets.ts";
import type { BuiltTls } from "./server-tls.ts";
import type { LoadedAuthority, Reading } from "./tls-parts.ts";
import type { TlsStats } from "./tls-stats.ts";
import { randomBytes } from "node:crypto";
import { clock } from "../transport/clock.ts";
import { commonName } from "./certificate-names.ts";

/** What /certs shows of one configuration. */
export interface ShownTls {
  readonly certificates: readonly LoadedCertificate[];
  readonly authorities: readonly LoadedAuthority[];
}

/** Something that is read from files and can be read again. */
interface Refreshable extends ShownTls {
  readonly files: readonly string[];
  refresh(): void;
}

/** The TLS of a process: what outlives configurations, and what is live. */
export class TlsStore {
  /** Tickets stay good over reloads: all contexts without keys of their own use these. */
  readonly ticketKeys: Uint8Array = randomBytes(48);
  /** Told when other files are to be watched. */
  onFilesChanged: (() => void) | null = null;
  readonly #live = new Set<Refreshable>();

  /** Files whose change wants a `refresh`. */
  get files(): readonly string[] {
    return [...new Set([...this.#live].flatMap((live) => live.files))];
  }

  /** The configurations that serve. */
  get shown(): readonly ShownTls[] {
    return [...this.#live];
  }

  add(live: Refreshable): void {
    this.#live.add(live);
    this.onFilesChanged?.();
  }

  remove(live: Refreshable): void {
    if (this.#live.delete(live)) this.onFilesChanged?.();
  }

  /** Reads all files again. What changed and is whole is used by the next handshakes; what is broken leaves things as they were. */
  refresh(): void {
    for (const live of this.#live) live.refresh();
    this.onFilesChanged?.();
  }
}

/** What a configuration is read with. */
export interface LiveOptions {
  readonly store: TlsStore;
  readonly secrets: Secrets;
  readonly stats: TlsStats;
  readonly log: Logger;
  /** For messages: "listener web", "cluster backend". */
  readonly owner: string;
}

/** TLS that follows its files. */
export class LiveTls<T> implements Refreshable {
  readonly #options: LiveOptions;
  readonly #build: (reading: Reading) => BuiltTls<T> | undefined;
  #built: BuiltTls<T>;
  #files: readonly string[];
  /** What was last wrong, so that it is told once. */
  #complaint = "";

  private constructor(
    options: LiveOptions,
    build: (reading: Reading) => BuiltTls<T> | undefined,
    built: BuiltTls<T>,
    files: readonly string[],
  ) {
    this.#options = options;
    this.#build = build;
    this.#built = built;
    this.#files = files;
    this.#tell();
    options.store.add(this);
  }

  /** Reads it for the first time; undefined after mistakes, which were reported. */
  static create<T>(
    options: LiveOptions,
    build: (reading: Reading) => BuiltTls<T> | undefined,
    report: Report,
  ): LiveTls<T> | undefined {
    const files: string[] = [];
    const built = build({ secrets: options.secrets, report, files });
    return built === undefined ? undefined : new LiveTls(options, build, built, files);
  }

  get current(): T {
    return this.#built.tls;
  }
  get certificates(): readonly LoadedCertificate[] {
    return this.#built.certificates;
  }
  get authorities(): readonly LoadedAuthority[] {
    return this.#built.authorities;
  }
  get files(): readonly string[] {
    return this.#files;
  }

  refresh(): void {
    const { secrets, stats, log, owner } = this.#options;
    const problems: Problem[] = [];
    const files: string[] = [];
    const built = this.#build({ secrets, report: (problem) => problems.push(problem), files });
    if (built === undefined || problems.length > 0) {
      const complaint = problems.map(({ message }) => message).join("; ");
      // Files are written one after the other: a certificate without its key is the way to both.
      if (complaint === this.#complaint) return;
      this.#complaint = complaint;
      stats.update_rejected.value++;
      log.warn(`${owner}: certificates have changed and are not used: ${complaint}; what served before goes on serving`);
      return;
    }
    this.#complaint = "";
    this.#files = files;
    if (built.fingerprint === this.#built.fingerprint) return;
    this.#built = built;
    stats.update_success.value++;
    this.#tell();
    const names = built.certificates.map(({ leaf }) => commonName(leaf) || leaf.serialNumber).join(", ");
    log.info(`${owner}: certificates have changed and are in use${names === "" ? "" : ` (${names})`}`);
  }

  #tell(): void {
    const { stats, log, owner } = this.#options;
    for (const { name, leaf, path } of this.#built.certificates) {
      stats.expires(name, leaf.validTo);
      if (Date.parse(leaf.validTo) < clock.wallNow())
        log.warn(`${owner}: the certificate ${path} has expired on ${leaf.validTo}`);
    }
    for (const { name, certificate, path } of this.#built.authorities) {
      stats.expires(name, certificate.validTo);
      if (Date.parse(certificate.validTo) < clock.wallNow())
        log.warn(`${owner}: the CA ${path} has expired on ${certificate.validTo}`);
    }
  }

  dispose(): void {
    this.#options.store.remove(this);
  }
}
