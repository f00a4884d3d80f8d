import type { IncomingHttpHeaders } from "node:http";
import { call } from "./call.ts";
import { productPage } from "./page.ts";
import { serve, type Answer, type Service } from "./serve.ts";

/** A name that may stand in a cookie, a header and a page as it is. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;

/** Who asks: the header `end-user` (curl), else the cookie that /login sets (a browser); "" for nobody. */
function userOf(headers: IncomingHttpHeaders): string {
  const header = headers["end-user"];
  const name = typeof header === "string" ? header : /(?:^|;\s*)user=([^;\s]*)/.exec(headers.cookie ?? "")?.[1];
  return name !== undefined && NAME.test(name) ? name : "";
}

function goTo(location: string, cookie?: string): Answer {
  const headers = { location, "cache-control": "no-store", ...(cookie === undefined ? {} : { "set-cookie": cookie }) };
  return { status: 302, headers, html: `<a href="${location}">${location}</a>\n` };
}

/** The page: what `details` and `reviews` say, each asked through the gateway with the user's name in `end-user`. */
export function startProductpage(port: number, gateway: number): Promise<Service> {
  return serve("productpage", port, async ({ url, headers }) => {
    switch (url.pathname) {
      case "/":
        return goTo("/productpage");
      case "/login": {
        const name = url.searchParams.get("user") ?? "";
        if (!NAME.test(name)) return { status: 400, html: "<p>Wanted /login?user=NAME, a name of letters and digits.</p>\n" };
        return goTo("/productpage", `user=${name}; Path=/; HttpOnly; SameSite=Lax`);
      }
      case "/logout":
        return goTo("/productpage", "user=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
      case "/productpage": {
        const user = userOf(headers);
        const asked = { ...headers };
        delete asked["end-user"];
        if (user !== "") asked["end-user"] = user;
        const [details, reviews] = await Promise.all([
          call(gateway, "details", "/details/0", asked),
          call(gateway, "reviews", "/reviews/0", asked),
        ]);
        return { headers: { "cache-control": "no-store" }, html: productPage(user, details, reviews) };
      }
      default:
        return { status: 404, html: '<p>There is nothing here. The book is at <a href="/productpage">/productpage</a>.</p>\n' };
    }
  });
}
