/**
 * Header values and paths are strings of bytes (one code unit a byte), configuration is Unicode: `toWire` gives a configured text the form
 * in which it arrives, UTF-8 byte by byte. ASCII comes back as it is.
 */
export function toWire(text: string): string {
  if (isAscii(text, 0, text.length)) return text;
  let out = "";
  for (const byte of new TextEncoder().encode(text)) out += String.fromCharCode(byte);
  return out;
}

/** The Unicode text of a string of bytes, or null when the bytes are not UTF-8. */
export function fromWire(text: string): string | null {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether `text` has only ASCII from `start` to before `end`. */
export function isAscii(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

/** ASCII lower case of one code unit; all others stay. Envoy ignores case in ASCII only. */
export function foldCode(code: number): number {
  return code >= 65 && code <= 90 ? code + 32 : code;
}

/** ASCII lower case of a text. */
export function foldText(text: string): string {
  return text.replace(/[A-Z]+/g, (upper) => upper.toLowerCase());
}

/** Whether `folded` (already in lower case) stands in `text` at `at`, whatever the case there. */
export function foldedAt(text: string, at: number, folded: string): boolean {
  if (at < 0 || at + folded.length > text.length) return false;
  for (let i = 0; i < folded.length; i++) if (foldCode(text.charCodeAt(at + i)) !== folded.charCodeAt(i)) return false;
  return true;
}
