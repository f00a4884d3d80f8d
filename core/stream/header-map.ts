import type { HeaderMap } from "../contract/headers.ts";

/** RFC 9110 section 5.6.2: characters of a token. */
const TOKEN = new Uint8Array(256);
for (const c of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") TOKEN[c.charCodeAt(0)] = 1;

const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;

/** RFC 9110 section 5.5: visible characters, obs-text, blank and tab; and nothing above one byte. */
function validValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (c < 32 ? c !== 9 : c === 127 || c > 255) return false;
  }
  return true;
}

function validName(name: string): boolean {
  if (name.length === 0) return false;
  for (let i = 0; i < name.length; i++) if (TOKEN[name.charCodeAt(i)] !== 1) return false;
  return true;
}

/** {@link HeaderMap} over the flat list that a codec made: making one costs one object, no copy. */
export class HeaderMapImpl implements HeaderMap {
  list: string[];
  method: string;
  path: string;
  authority: string;
  scheme: string;
  status: number;

  /** @param list flat, lower-case names, values already checked by a codec. Owned by this map from now on. */
  constructor(list: string[]) {
    this.list = list;
    this.method = "";
    this.path = "";
    this.authority = "";
    this.scheme = "";
    this.status = 0;
  }

  get(name: string): string | undefined {
    const list = this.list;
    for (let i = 0; i < list.length; i += 2) if (list[i] === name) return list[i + 1];
    return name.charCodeAt(0) === 58 || name === "host" ? this.#pseudo(name) : undefined;
  }

  #pseudo(name: string): string | undefined {
    switch (name) {
      case ":path":
        return this.path === "" ? undefined : this.path;
      case ":method":
        return this.method === "" ? undefined : this.method;
      case ":authority":
      case "host":
        return this.authority === "" && this.method === "" ? undefined : this.authority;
      case ":scheme":
        return this.scheme === "" ? undefined : this.scheme;
      case ":status":
        return this.status === 0 ? undefined : String(this.status);
      default:
        return undefined;
    }
  }

  getAll(name: string): string[] {
    const out: string[] = [];
    const list = this.list;
    for (let i = 0; i < list.length; i += 2) if (list[i] === name) out.push(list[i + 1]);
    if (out.length === 0) {
      const pseudo = this.#pseudo(name);
      if (pseudo !== undefined) out.push(pseudo);
    }
    return out;
  }

  getJoined(name: string): string | undefined {
    let out: string | undefined;
    const list = this.list;
    for (let i = 0; i < list.length; i += 2)
      if (list[i] === name) out = out === undefined ? list[i + 1] : out + "," + list[i + 1];
    return out ?? this.#pseudo(name);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  set(name: string, value: string): void {
    if (this.#setPseudo(name, value)) return;
    check(name, value);
    this.setTrusted(name, value);
  }

  /** `set` for names and values that are known to be valid: constants, digits, what a codec has checked. */
  setTrusted(name: string, value: string): void {
    const list = this.list;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] !== name) continue;
      list[i + 1] = value;
      let w = i + 2;
      for (let r = w; r < list.length; r += 2) {
        if (list[r] === name) continue;
        list[w] = list[r];
        list[w + 1] = list[r + 1];
        w += 2;
      }
      list.length = w;
      return;
    }
    list.push(name, value);
  }

  append(name: string, value: string): void {
    if (this.#setPseudo(name, value)) return;
    check(name, value);
    this.list.push(name, value);
  }

  remove(name: string): boolean {
    const list = this.list;
    let r = 0;
    for (; r < list.length && list[r] !== name; r += 2);
    if (r >= list.length) return false;
    let w = r;
    for (r += 2; r < list.length; r += 2) {
      if (list[r] === name) continue;
      list[w] = list[r];
      list[w + 1] = list[r + 1];
      w += 2;
    }
    list.length = w;
    return true;
  }

  removePrefix(prefix: string): number {
    const list = this.list;
    const before = list.length;
    let w = 0;
    for (let r = 0; r < before; r += 2) {
      if (list[r].startsWith(prefix)) continue;
      list[w] = list[r];
      list[w + 1] = list[r + 1];
      w += 2;
    }
    list.length = w;
    return (before - w) / 2;
  }

  byteSize(): number {
    let n = 0;
    const list = this.list;
    for (let i = 0; i < list.length; i += 2) n += list[i].length + list[i + 1].length + 4;
    if (this.method !== "") {
      n += 7 + this.method.length + 5 + this.path.length + 10 + this.authority.length + 7 + this.scheme.length + 16;
    } else if (this.status !== 0) n += 7 + 3 + 4;
    return n;
  }

  #setPseudo(name: string, value: string): boolean {
    const first = name.charCodeAt(0);
    if (first !== 58 && !(first === 104 && name === "host")) return false;
    switch (name) {
      case ":path":
        if (!validValue(value) || value.includes(" ")) throw new TypeError(`header :path: ${quote(value)} is not a valid path`);
        this.path = value;
        return true;
      case ":method":
        if (!METHOD.test(value)) throw new TypeError(`header :method: ${quote(value)} is not a token`);
        this.method = value;
        return true;
      case ":authority":
      case "host":
        if (!validValue(value)) throw new TypeError(`header ${name}: ${quote(value)} is not a valid authority`);
        this.authority = value;
        return true;
      case ":scheme":
        if (!SCHEME.test(value)) throw new TypeError(`header :scheme: ${quote(value)} is not a scheme`);
        this.scheme = value;
        return true;
      case ":status": {
        const status = Number(value);
        if (!Number.isInteger(status) || status < 100 || status > 599) {
          throw new TypeError(`header :status: ${quote(value)} is not a number from 100 to 599`);
        }
        this.status = status;
        return true;
      }
      default:
        throw new TypeError(`header ${quote(name)}: there is no such pseudo-header`);
    }
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? text.slice(0, 64) + "..." : text);
}

function check(name: string, value: string): void {
  if (!validName(name)) throw new TypeError(`header name ${quote(name)}: wanted a token in lower case`);
  if (!validValue(value)) throw new TypeError(`header ${name}: value ${quote(value)} holds a character that no header may hold`);
}
