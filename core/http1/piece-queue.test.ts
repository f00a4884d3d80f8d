import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { PieceQueue } from "./piece-queue.ts";

describe("PieceQueue", () => {
  it("gives back what it got, in order, whatever is put back between", () => {
    const queue = new PieceQueue();
    let sent = "";
    let read = "";
    for (let i = 0; i < 3000; i++) {
      const piece = String.fromCharCode(97 + (i % 26)).repeat(i % 97 === 0 ? 2000 : 1 + (i % 5));
      queue.push(Buffer.from(piece));
      sent += piece;
      if (i % 7 === 0) {
        const first = queue.shift();
        const part = Math.ceil(first.length / 3);
        read += first.toString("latin1", 0, part);
        if (part < first.length) queue.unshift(first.subarray(part));
      }
      expect(queue.bytes).toBe(sent.length - read.length);
    }
    while (queue.bytes > 0) read += queue.shift().toString("latin1");
    expect(read).toBe(sent);
  });

  it("keeps large pieces as they are and puts small ones together", () => {
    const queue = new PieceQueue();
    const large = Buffer.alloc(5000);
    queue.push(large);
    for (let i = 0; i < 100; i++) queue.push(Buffer.from("ab"));
    expect(queue.shift()).toBe(large);
    expect(queue.shift().length).toBe(200);
    expect(queue.bytes).toBe(0);
  });

  it("doesn't change a piece it has given away", () => {
    const queue = new PieceQueue();
    queue.push(Buffer.from("1"));
    queue.push(Buffer.from("2"));
    queue.shift();
    const second = queue.shift();
    queue.push(Buffer.from("3"));
    queue.push(Buffer.from("4"));
    expect(second.toString()).toBe("2");
    expect(queue.shift().toString() + queue.shift().toString()).toBe("34");
  });
});
