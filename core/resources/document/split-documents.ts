/** One document of a YAML text, markers included. */
export interface DocumentText {
  readonly text: string;
  /** The line of the whole text (from 1) on which it begins. */
  readonly firstLine: number;
}

/**
 * Parts a YAML text into its documents (YAML 1.2.2 section 9.1), without those that hold nothing but comments. A line that begins with `---` or `...` is a marker whatever stands
 * around it: quoted text and block scalars may not hold such a line, so nothing else has to be understood.
 */
export function splitDocuments(text: string): DocumentText[] {
  const documents: DocumentText[] = [];
  let start = 0;
  let firstLine = 1;
  let line = 1;
  const end = (at: number): void => {
    // Directives belong to the document that their marker begins.
    if (at > start && !isDirectives(text, start, at)) {
      const part = text.slice(start, at);
      if (!isBlank(part)) documents.push({ text: part, firstLine });
      start = at;
      firstLine = line;
    }
  };
  for (let at = 0; at < text.length; line++) {
    if (at > 0 && isMarker(text, at, "---")) end(at);
    const lineEnd = text.indexOf("\n", at);
    const next = lineEnd < 0 ? text.length : lineEnd + 1;
    if (isMarker(text, at, "...")) {
      line++;
      end(next);
      line--;
    }
    at = next;
  }
  end(text.length);
  return documents;
}

function isMarker(text: string, at: number, marker: string): boolean {
  if (text.charCodeAt(at) !== marker.charCodeAt(0) || !text.startsWith(marker, at)) return false;
  const after = text.charCodeAt(at + 3);
  // Blank, tab, line end or the end of the text.
  return Number.isNaN(after) || after === 0x20 || after === 0x09 || after === 0x0a || after === 0x0d;
}

const BLANK_LINE = /(?:---|\.\.\.)?[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/y;

function isBlank(text: string): boolean {
  for (let at = 0; at < text.length; at = BLANK_LINE.lastIndex) {
    BLANK_LINE.lastIndex = at;
    if (!BLANK_LINE.test(text)) return false;
  }
  return true;
}

const DIRECTIVE = /^%/m;
const ONLY_DIRECTIVES = /^(?:%.*|[ \t]*#.*|[ \t]*)$/;

function isDirectives(text: string, start: number, end: number): boolean {
  if (end === text.length || text.startsWith("---", start)) return false;
  const part = text.slice(start, end);
  return DIRECTIVE.test(part) && part.split(/\r?\n/).every((line) => ONLY_DIRECTIVES.test(line));
}
