import { describe, expect, it } from "vitest";
import { readAsk } from "./read-ask.ts";

const ask = (more: object): unknown => ({ method: "GET", url: "http://a.example/", ...more });

describe("a question", () => {
  it("is taken as it is: nothing is decoded, made shorter or sorted", () => {
    const headers = ["B: 2", "a:1 ", "a: \u00fc"];
    expect(readAsk(ask({ url: "HTTP://A.example:81/x/../%41?q=/./#f", headers, data: 5 }))).toMatchObject({
      scheme: "http",
      authority: "A.example:81",
      port: 81,
      path: "/x/../%41?q=/./",
      headers: [
        ["B", "2"],
        ["a", "1"],
        ["a", "\u00c3\u00bc"],
      ],
      bodyBytes: 5,
      from: "127.0.0.1",
    });
  });

  it.each([
    ["http://a", { path: "/", port: undefined, authority: "a" }],
    ["http://a?q", { path: "/?q" }],
    ["http://[::1]:8080/x", { authority: "[::1]:8080", port: 8080, serverName: "" }],
    ["https://A.b/", { scheme: "https", serverName: "a.b" }],
    ["https://10.0.0.1/", { serverName: "" }],
  ])("%s", (url, wanted) => {
    expect(readAsk(ask({ url }))).toMatchObject(wanted);
  });

  it("of a CONNECT has the tunnel's target for its URL", () => {
    expect(readAsk(ask({ method: "CONNECT", url: "http://a.example:443" }))).toMatchObject({
      path: "a.example:443",
      port: undefined,
    });
  });

  it.each([
    [null, "wanted one with method and url"],
    [[], "wanted one with method and url"],
    [{ method: "GET" }, "url: found none"],
    [ask({ method: "G T" }), 'method: found "G T"'],
    [ask({ method: 1 }), "method: found 1"],
    [ask({ url: "a.example/" }), "wanted a URL such as"],
    [ask({ url: "ftp://a/" }), 'found the scheme "ftp"'],
    [ask({ url: "http:///x" }), 'found the host ""'],
    [ask({ url: "http://a:b/" }), 'found the host "a:b"'],
    [ask({ url: "http://a:65536/" }), "found port 65536"],
    [ask({ url: "http://u:p@a/" }), "found a user"],
    [ask({ url: "http://a/b c" }), 'found the character " "'],
    [ask({ url: "http://a/b\r\nx: y" }), 'found the character "\\r"'],
    [ask({ url: `http://a/${"x".repeat(70_000)}` }), "wanted at most 65536"],
    [ask({ headers: "a: b" }), "headers: found"],
    [ask({ headers: ["a"] }), 'wanted "name: value"'],
    [ask({ headers: ["a b: c"] }), 'found the name "a b"'],
    [ask({ headers: ["a: b\r\nc: d"] }), "wanted a value without line breaks"],
    [ask({ headers: ["a: b\0"] }), "wanted a value without line breaks"],
    [ask({ headers: ["a\r\n: b"] }), "found the name"],
    [ask({ headers: [1] }), "headers: found 1"],
    [ask({ from: "nobody" }), "wanted an IP address"],
    [ask({ sni: "a b" }), "sni: found"],
    [ask({ alpn: "h2" }), "alpn: found"],
    [ask({ port: 70_000 }), "port: found 70000"],
    [ask({ data: -1 }), "data: found -1"],
    [ask({ all: 1 }), "all: found 1"],
    [ask({ hedaers: [] }), 'found the member "hedaers"'],
  ])("%j is refused", (given, message) => {
    expect(readAsk(given)).toEqual(expect.stringContaining(message));
  });

  it("is quoted in short when it is wrong", () => {
    expect((readAsk(ask({ method: "x ".repeat(10_000) })) as string).length).toBeLessThan(200);
  });
});
