import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { RESPONSE_FLAG_NAMES } from "../../core/contract/response-flags.ts";
import type { ResetReason } from "../../core/contract/error.ts";
import { HTTP1_ERROR_CODES } from "../../core/http1/http1-error.ts";
import { resetReasonFlag, resetReasonText } from "../../plugins/router/reset-reason.ts";
import { codes, readPage, section, tableRows } from "./page.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const page = readPage("docs/errors.md");

function source(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

function sources(folder: string): string {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts"))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
}

/** What a pattern's first group finds in a text, each once, sorted. */
function found(text: string, ...patterns: readonly RegExp[]): string[] {
  return [...new Set(patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1])))].toSorted();
}

/** Details that the data path writes: of replies, refusals, resets and disconnects. The codec's codes are not among them. */
function detailsInCode(): string[] {
  return found(
    ["core/stream", "core/server", "plugins"].map(sources).join("\n"),
    /details: [`"]([a-z][a-z0-9_.]+)/g,
    /\brefuse\([^"`;]*?["`]([a-z][a-z0-9_.]+)["`{]/g,
    /(?:#timedOut|#tryTimedOut|downstreamGone|\breset)\(["`]([a-z_]+)/g,
    /#answer\([^"`;]*?"([a-z_]+)"/g,
    /responseCodeDetails = "([a-z_]+)"/g,
  );
}

/** The codes in the first column of the tables below a heading, without what is in braces behind them. */
function told(...headings: readonly string[]): string[] {
  const cells = headings.flatMap((heading) => tableRows(section(page, heading)).map(([first]) => first));
  return cells.flatMap(codes).map((code) => code.replace(/\{.*$/, ""));
}

const REASONS: Readonly<Record<ResetReason, true>> = {
  connection_failure: true,
  connection_timeout: true,
  connection_termination: true,
  remote_reset: true,
  remote_refused_stream_reset: true,
  local_reset: true,
  overflow: true,
  protocol_error: true,
  overload_manager: true,
};
const reasonText = (reason: string): string => resetReasonText(reason as ResetReason).replaceAll(" ", "_");

describe("docs/errors.md", () => {
  it("tells every code of the codec with its status", () => {
    const rows = tableRows(section(page, "## Bytes that are refused")).map(([code, status]) => `${codes(code)[0]} ${status}`);
    expect(rows).toEqual(expect.arrayContaining(Object.entries(HTTP1_ERROR_CODES).map(([code, status]) => `${code} ${status}`)));
  });

  it("tells every detail that the data path writes, and no other", () => {
    const reasons = Object.keys(REASONS).map(reasonText);
    const headings = [
      "## Bytes that are refused",
      "## Requests that are answered here",
      "## Time that ran out",
      "## TCP connections",
    ];
    const all = told(...headings, "## Upstreams that fail").filter((code) => !reasons.includes(code));
    // What an upstream's bytes are refused for is told with the transport failure.
    const ofUpstreams = found(sources("core/cluster"), /["`](http1\.[a-z_]+)/g);
    const http2 = found(sources("core/cluster") + sources("core/server"), /["`](http2\.[a-z_.]+[a-z])/g);
    const details = detailsInCode().filter((code) => !http2.includes(code));
    const wanted = [...Object.keys(HTTP1_ERROR_CODES), ...ofUpstreams, ...http2, ...details];
    expect(all.toSorted()).toEqual(wanted.toSorted());
  });

  it("tells every reason of a reset with its flag", () => {
    const rows = tableRows(section(page, "## Upstreams that fail")).filter((row) => row.length === 3);
    const flags = rows.flatMap(([reason, flag]) => codes(reason).map((code) => `${code} ${flag}`));
    const wanted = Object.keys(REASONS).map((reason) => {
      const bit = resetReasonFlag(reason as ResetReason);
      return `${reasonText(reason)} ${RESPONSE_FLAG_NAMES.find(([value]) => value === bit)?.[1]}`;
    });
    expect(flags.toSorted()).toEqual(wanted.toSorted());
  });

  it("tells every code of a refused configuration and of a refused plugin, and no other", () => {
    const type = /export type ResourceErrorCode =([^;]+);/.exec(source("core/resources/document/error.ts"))?.[1] ?? "";
    const plugin = /export type PluginErrorCode =([^;]+);/.exec(source("core/filter/loader/plugin-load-error.ts"))?.[1] ?? "";
    const wanted = [...found(type, /"([a-z_]+)"/g), ...found(plugin, /"(plugin\.[a-z_]+)"/g)];
    expect(wanted.length).toBeGreaterThan(20);
    expect(told("## Configuration").toSorted()).toEqual(wanted.toSorted());
  });
});
