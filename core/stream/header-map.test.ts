import { describe, expect, it } from "vitest";
import { HeaderMapImpl } from "./header-map.ts";

function map(...list: string[]): HeaderMapImpl {
  return new HeaderMapImpl(list);
}

describe("reading", () => {
  it("gives the first value, all values, and them joined", () => {
    const h = map("a", "1", "b", "2", "a", "3");
    expect(h.get("a")).toBe("1");
    expect(h.getAll("a")).toEqual(["1", "3"]);
    expect(h.getJoined("a")).toBe("1,3");
    expect(h.get("c")).toBeUndefined();
    expect(h.getAll("c")).toEqual([]);
    expect(h.has("b")).toBe(true);
  });

  it("reads pseudo-headers, and host for the authority", () => {
    const h = map();
    h.method = "GET";
    h.path = "/x";
    h.authority = "a:1";
    h.scheme = "http";
    expect([":method", ":path", ":authority", ":scheme", "host"].map((n) => h.get(n))).toEqual([
      "GET",
      "/x",
      "a:1",
      "http",
      "a:1",
    ]);
    expect(h.get(":status")).toBeUndefined();
    const r = map();
    r.status = 204;
    expect(r.get(":status")).toBe("204");
    expect(r.get(":path")).toBeUndefined();
  });
});

describe("changing", () => {
  it("set replaces all values in the first one's place", () => {
    const h = map("a", "1", "b", "2", "a", "3", "c", "4");
    h.set("a", "9");
    expect(h.list).toEqual(["a", "9", "b", "2", "c", "4"]);
    h.set("d", "5");
    expect(h.list.slice(-2)).toEqual(["d", "5"]);
  });

  it("append keeps what is there; remove takes all", () => {
    const h = map("a", "1");
    h.append("a", "2");
    expect(h.list).toEqual(["a", "1", "a", "2"]);
    expect(h.remove("a")).toBe(true);
    expect(h.remove("a")).toBe(false);
    expect(h.list).toEqual([]);
  });

  it("removes by prefix", () => {
    const h = map("x-a", "1", "y", "2", "x-b", "3");
    expect(h.removePrefix("x-")).toBe(2);
    expect(h.list).toEqual(["y", "2"]);
  });

  it("writes pseudo-headers", () => {
    const h = map();
    h.set(":path", "/a?b");
    h.set("host", "x");
    h.set(":status", "503");
    expect([h.path, h.authority, h.status, h.list.length]).toEqual(["/a?b", "x", 503, 0]);
  });

  it.each([
    ["a", "x\r\ny: z"],
    ["a", "x\ny"],
    ["a", "\0"],
    ["a", "caf\u0165"],
    ["a b", "x"],
    ["A", "x"],
    ["", "x"],
    ["a:", "x"],
    [":path", "/a b"],
    [":path", "/a\r\nb"],
    [":status", "99"],
    [":status", "ok"],
    [":nothing", "x"],
    [":method", "GET /"],
    [":method", ""],
    [":scheme", "ht tp"],
  ])("refuses %j: %j", (name, value) => {
    expect(() => map().set(name, value)).toThrow(TypeError);
    if (!name.startsWith(":")) expect(() => map().append(name, value)).toThrow(TypeError);
  });
});

it("counts its bytes as they stand on the wire", () => {
  expect(map("ab", "cd", "e", "f").byteSize()).toBe(2 + 2 + 4 + 1 + 1 + 4);
});
