import { STATIC_NAMES, STATIC_SIZE, STATIC_VALUES } from "./static-table.ts";

/** How values of a name are sent that no table has. */
export const POLICY_LEARN = 0;
/** Never put into a table: they hardly ever come twice. */
export const POLICY_PLAIN = 1;
/** Never put into a table, by nobody on the way either: short ones could be guessed by what a message's length does (RFC 7541 section 7.1.3). */
export const POLICY_SECRET = 2;
/** As above, but only while they are short enough to guess. */
export const POLICY_SECRET_IF_SHORT = 3;

const POLICIES: ReadonlyMap<string, number> = new Map([
  ["authorization", POLICY_SECRET],
  ["proxy-authorization", POLICY_SECRET],
  ["cookie", POLICY_SECRET_IF_SHORT],
  ["set-cookie", POLICY_SECRET_IF_SHORT],
  ...["age", "content-length", "etag", "if-modified-since", "if-none-match", "x-request-id", "x-envoy-upstream-service-time"].map(
    (name) => [name, POLICY_PLAIN] as const,
  ),
]);

interface StaticName {
  readonly index: number;
  readonly values: ReadonlyMap<string, number> | null;
}

const STATIC: ReadonlyMap<string, StaticName> = staticNames();

function staticNames(): ReadonlyMap<string, StaticName> {
  const found = new Map<string, { index: number; values: Map<string, number> | null }>();
  for (let index = 1; index <= STATIC_SIZE; index++) {
    const name = STATIC_NAMES[index];
    let entry = found.get(name);
    if (entry === undefined) found.set(name, (entry = { index, values: null }));
    if (STATIC_VALUES[index] !== "") (entry.values ??= new Map<string, number>()).set(STATIC_VALUES[index], index);
  }
  return found;
}

/** What the encoder of one connection knows of a name. */
export class FieldName {
  /** Index of the name in the static table; 0: it is not there. */
  readonly staticIndex: number;
  /** Indexes of whole fields in the static table. */
  readonly staticValues: ReadonlyMap<string, number> | null;
  readonly policy: number;
  /** Remembered also while no entry has it: there are few of these. */
  readonly lasting: boolean;
  /** The newest entry of the dynamic table with this name: its number, or -1. */
  latest: number;
  latestValue: string;
  /** Older entries, by value; null while there never was a second. */
  older: Map<string, number> | null;
  /** Values that were put into the table since one was found there. */
  misses: number;

  constructor(name: string) {
    const known = STATIC.get(name);
    this.staticIndex = known === undefined ? 0 : known.index;
    this.staticValues = known === undefined ? null : known.values;
    const policy = POLICIES.get(name);
    this.policy = policy ?? POLICY_LEARN;
    this.lasting = known !== undefined || policy !== undefined;
    this.latest = -1;
    this.latestValue = "";
    this.older = null;
    this.misses = 0;
  }

  /** The entry of the dynamic table with this value: its number, or -1. */
  find(value: string): number {
    if (this.latest >= 0 && this.latestValue === value) return this.latest;
    return this.older === null ? -1 : (this.older.get(value) ?? -1);
  }

  added(value: string, sequence: number): void {
    if (this.latest >= 0) (this.older ??= new Map()).set(this.latestValue, this.latest);
    this.latest = sequence;
    this.latestValue = value;
  }

  /** Whether that was the last entry with this name. */
  dropped(value: string, sequence: number): boolean {
    // Entries are dropped oldest first, so that when the newest goes there is no other.
    if (this.latest === sequence) {
      this.latest = -1;
      this.latestValue = "";
      this.older = null;
      return true;
    }
    if (this.older !== null && this.older.get(value) === sequence) this.older.delete(value);
    return false;
  }
}

/** The encoder's view of both tables, by name. No larger than the tables make it: a name that is in neither is forgotten. */
export class FieldNames {
  readonly #names = new Map<string, FieldName>();

  get size(): number {
    return this.#names.size;
  }

  of(name: string): FieldName {
    const known = this.#names.get(name);
    return known ?? this.#make(name);
  }

  #make(name: string): FieldName {
    const made = new FieldName(name);
    if (made.lasting) this.#names.set(name, made);
    return made;
  }

  added(name: string, entry: FieldName, value: string, sequence: number): void {
    entry.added(value, sequence);
    if (!entry.lasting) this.#names.set(name, entry);
  }

  /** An entry has left the dynamic table. */
  dropped(name: string, value: string, sequence: number): void {
    const entry = this.#names.get(name);
    if (entry !== undefined && entry.dropped(value, sequence) && !entry.lasting) this.#names.delete(name);
  }
}
