import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startDetails } from "./details.ts";
import { startBookinfo } from "./start-bookinfo.ts";
import { startProductpage } from "./productpage.ts";
import { startRatings } from "./ratings.ts";
import { startReviews, type Version } from "./reviews.ts";
import type { Service } from "./serve.ts";

/** Stands for the gateway's inner port: hands a call on by the first name of its host, and remembers it. */
async function startInside(): Promise<{ port: number; routes: Map<string, number>; seen: string[]; close: () => Promise<void> }> {
  const routes = new Map<string, number>();
  const seen: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const host = incoming.headers.host ?? "";
    seen.push(`${host}${incoming.url} ${String(incoming.headers["end-user"])} ${String(incoming.headers["x-request-id"])}`);
    const port = routes.get(host.split(".")[0]);
    if (port === undefined) return void outgoing.writeHead(503).end("no healthy upstream");
    const onward = request({ port, path: incoming.url, headers: incoming.headers, agent: false }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    onward.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, routes, seen, close };
}

describe("the services of Bookinfo", () => {
  let inside: Awaited<ReturnType<typeof startInside>>;
  const services = new Map<string, Service>();
  const portOf = (name: string): number => services.get(name)?.port ?? 0;

  beforeAll(async () => {
    inside = await startInside();
    const all = await Promise.all([
      startProductpage(0, inside.port),
      startDetails(0),
      startRatings(0),
      ...(["v1", "v2", "v3"] as const).map((version) => startReviews(version, 0, inside.port)),
    ]);
    for (const service of all) services.set(service.name, service);
  });
  afterAll(async () => {
    await Promise.all([...services.values()].map((service) => service.close()));
    await inside.close();
  });

  /** The page, with reviews of a version behind the gateway and the ratings there or not. */
  async function page(version: Version, headers: Record<string, string> = {}, ratings = true): Promise<string> {
    inside.seen.length = 0;
    inside.routes.set("details", portOf("details"));
    inside.routes.set("reviews", portOf(`reviews-${version}`));
    if (ratings) inside.routes.set("ratings", portOf("ratings"));
    else inside.routes.delete("ratings");
    const response = await fetch(`http://127.0.0.1:${portOf("productpage")}/productpage`, { headers });
    expect(response.status).toBe(200);
    return response.text();
  }

  it.each([
    ["v1", [], false],
    ["v2", ["black"], true],
    ["v3", ["red"], true],
  ] as const)("the page names the version that answered, %s, and no other", async (version, colors, stars) => {
    const html = await page(version);
    expect(new Set(html.match(/\bv\d/g))).toEqual(new Set([version]));
    expect([...new Set(html.match(/(?<=stars, )\w+/g))]).toEqual(colors);
    expect(html.includes("★★★★★")).toBe(stars);
  });

  it("the user is who the header says, and goes with every call, as does the request's id", async () => {
    const html = await page("v2", { "end-user": "jason", "x-request-id": "abc", cookie: "user=other" });
    expect(html).toContain("Signed in as <b>jason</b>");
    expect(inside.seen.toSorted()).toEqual([
      "details.bookinfo.svc.cluster.local/details/0 jason abc",
      "ratings.bookinfo.svc.cluster.local/ratings/0 jason abc",
      "reviews.bookinfo.svc.cluster.local/reviews/0 jason abc",
    ]);
  });

  it("the cookie of /login is the user too, until /logout", async () => {
    const at = `http://127.0.0.1:${portOf("productpage")}`;
    const login = await fetch(`${at}/login?user=jason`, { redirect: "manual" });
    expect([login.status, login.headers.get("location")]).toEqual([302, "/productpage"]);
    const cookie = login.headers.get("set-cookie")?.split(";")[0] ?? "";
    await page("v1", { cookie: `a=b; ${cookie}` });
    expect(inside.seen.every((line) => line.includes(" jason "))).toBe(true);
    const logout = await fetch(`${at}/logout`, { redirect: "manual" });
    expect(logout.headers.get("set-cookie")).toContain("Max-Age=0");
    expect(await page("v1")).toContain("Not signed in");
  });

  it.each(["", "a%0d%0ab", "<b>", "a".repeat(33)])("a name that is none is refused: %j", async (name) => {
    const response = await fetch(`http://127.0.0.1:${portOf("productpage")}/login?user=${name}`, { redirect: "manual" });
    expect([response.status, response.headers.get("set-cookie")]).toEqual([400, null]);
    expect(await page("v1", { "end-user": "<script>" })).not.toContain("<script>");
  });

  it("what does not answer is named on the page", async () => {
    expect(await page("v2", {}, false)).toContain("Ratings are not available at the moment: status 503.");
    inside.routes.clear();
    const html = await (await fetch(`http://127.0.0.1:${portOf("productpage")}/productpage`)).text();
    expect(html).toContain("Details are not available");
    expect(html).toContain("Reviews are not available");
  });

  it.each([
    ["GET", "/", 302],
    ["HEAD", "/productpage", 200],
    ["GET", "/nothing", 404],
    ["POST", "/productpage", 405],
  ])("%s %s is %i", async (method, path, status) => {
    const response = await fetch(`http://127.0.0.1:${portOf("productpage")}${path}`, { method, redirect: "manual" });
    expect(response.status).toBe(status);
  });

  it("when one can't start, none is left running", async () => {
    const failure = (base: number): Promise<unknown> =>
      startBookinfo(base).then(
        () => null,
        ({ code, port }) => ({ code, port }),
      );
    for (let tries = 0; ; tries++) {
      const blocker = createServer().listen(0, "127.0.0.1");
      await once(blocker, "listening");
      const taken = (blocker.address() as AddressInfo).port;
      const first = await failure(taken - 6);
      const second = await failure(taken - 6);
      blocker.close();
      // A port before it may be another program's: then it is tried elsewhere.
      if ((first as { port?: number } | null)?.port !== taken && tries < 20) continue;
      // The six before it are free again: the same error, for the same port.
      expect([first, second]).toEqual([
        { code: "EADDRINUSE", port: taken },
        { code: "EADDRINUSE", port: taken },
      ]);
      return;
    }
  });
});
