import { serve, type Service } from "./serve.ts";

/** What `GET /details/ID` answers. */
export interface Details {
  readonly id: string;
  readonly author: string;
  readonly year: number;
  readonly type: string;
  readonly pages: number;
  readonly language: string;
}

/** What is known about the book. */
export function startDetails(port: number): Promise<Service> {
  return serve("details", port, ({ url }) => {
    const id = /^\/details\/(\d+)$/.exec(url.pathname)?.[1];
    if (id === undefined) return { status: 404, json: { error: "wanted /details/ID" } };
    const json: Details = { id, author: "William Shakespeare", year: 1595, type: "paperback", pages: 200, language: "English" };
    return { json };
  });
}
