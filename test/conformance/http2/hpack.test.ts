import { Buffer } from "node:buffer";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { HpackDecoder } from "../../../core/http2/hpack/decoder.ts";
import { BlockWriter, HpackEncoder } from "../../../core/http2/hpack/encoder.ts";

/** The stories of http2jp/hpack-test-case, where they lie beside the project. */
const FOLDER = resolve(fileURLToPath(new URL("../../..", import.meta.url)), "../shared/data/hpack");

interface Story {
  readonly cases: readonly {
    readonly wire: string;
    readonly header_table_size?: number | null;
    readonly headers: readonly Readonly<Record<string, string>>[];
  }[];
}

function stories(): string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .sort();
}

describe.skipIf(!existsSync(FOLDER))(
  "header blocks of other encoders (skipped where ../shared/data/hpack is not beside the project)",
  () => {
    it.each(existsSync(FOLDER) ? stories() : [])("%s", (name) => {
      const story = JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Story;
      const decoder = new HpackDecoder(4096);
      const encoder = new HpackEncoder(4096);
      const again = new HpackDecoder(4096);
      for (const { wire, header_table_size: size, headers } of story.cases) {
        const wanted = headers.flatMap((header) => Object.entries(header));
        if (typeof size === "number") decoder.setLimit(size);
        const bytes = Buffer.from(wire, "hex");
        expect(fieldsOf(decoder, bytes)).toEqual(wanted);
        const block = new BlockWriter();
        encoder.begin(block);
        for (const [field, value] of wanted) encoder.field(block, field, value);
        expect(fieldsOf(again, block.bytes.subarray(0, block.length))).toEqual(wanted);
      }
    });
  },
);

function fieldsOf(decoder: HpackDecoder, bytes: Buffer): [string, string][] | null {
  const fields: [string, string][] = [];
  const ok = decoder.decode(bytes, 0, bytes.length, { field: (name, value) => fields.push([name, value]) });
  return ok ? fields : null;
}
