import { serve, type Service } from "./serve.ts";

/** What `GET /ratings/ID` answers: stars by reviewer. */
export interface Ratings {
  readonly id: string;
  readonly ratings: Readonly<Record<string, number>>;
}

/** How many stars each reviewer gave. */
export function startRatings(port: number): Promise<Service> {
  return serve("ratings", port, ({ url }) => {
    const id = /^\/ratings\/(\d+)$/.exec(url.pathname)?.[1];
    if (id === undefined) return { status: 404, json: { error: "wanted /ratings/ID" } };
    const json: Ratings = { id, ratings: { Adriana: 5, Luciana: 4 } };
    return { json };
  });
}
