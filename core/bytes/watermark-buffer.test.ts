import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { WatermarkBuffer } from "./watermark-buffer.ts";

function recorded(high?: number): { buffer: WatermarkBuffer; calls: string[] } {
  const calls: string[] = [];
  const listener = { onAboveHighWatermark: () => calls.push("high"), onBelowLowWatermark: () => calls.push("low") };
  return { buffer: new WatermarkBuffer(listener, high), calls };
}

const bytes = (length: number, fill = 97): Buffer => Buffer.alloc(length, fill);

test("chunks come out as they went in, and the length is theirs", () => {
  const { buffer } = recorded();
  for (let i = 0; i < 1000; i++) {
    buffer.push(Buffer.from([i & 255]));
    if (i % 3 === 2) buffer.shift();
  }
  expect(buffer.length).toBe(667);
  for (let i = 333; i < 1000; i++) expect(buffer.shift()?.[0]).toBe(i & 255);
  expect(buffer.shift()).toBeUndefined();
  expect(buffer.length).toBe(0);
});

test("a chunk can be taken in parts and put back", () => {
  const { buffer } = recorded();
  buffer.push(Buffer.from("hello"));
  expect(Buffer.from(buffer.shift(2) ?? []).toString()).toBe("he");
  expect(buffer.length).toBe(3);
  buffer.unshift(Buffer.from("HE"));
  buffer.push(Buffer.from(" you"));
  expect(Buffer.from(buffer.takeAll()).toString()).toBe("HEllo you");
  expect(buffer.takeAll()).toHaveLength(0);
});

test("the listener is told once above the mark, and once at half of it", () => {
  const { buffer, calls } = recorded(100);
  buffer.push(bytes(100));
  expect(calls).toEqual([]);
  buffer.push(bytes(1));
  buffer.push(bytes(200));
  expect(calls).toEqual(["high"]);
  expect(buffer.aboveHighWatermark).toBe(true);
  buffer.shift();
  buffer.shift();
  expect(calls).toEqual(["high"]);
  buffer.shift(149);
  expect(calls).toEqual(["high"]);
  buffer.shift(1);
  expect(buffer.length).toBe(50);
  expect(calls).toEqual(["high", "low"]);
});

test("clear, takeAll and a higher mark let the source go on; a lower one holds it back", () => {
  const { buffer, calls } = recorded(10);
  buffer.push(bytes(11));
  buffer.clear();
  buffer.push(bytes(11));
  buffer.takeAll();
  buffer.push(bytes(11));
  buffer.setHighWatermark(30);
  buffer.setHighWatermark(5);
  buffer.setHighWatermark(0);
  expect(calls).toEqual(["high", "low", "high", "low", "high", "low", "high", "low"]);
});

test("without a mark the listener is never called", () => {
  const { buffer, calls } = recorded();
  buffer.push(bytes(1_000_000));
  buffer.clear();
  expect(calls).toEqual([]);
});
