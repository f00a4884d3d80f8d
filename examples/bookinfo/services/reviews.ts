import { call } from "./call.ts";
import type { Ratings } from "./ratings.ts";
import { serve, type Service } from "./serve.ts";

/** v1 knows no stars; v2 and v3 ask the service `ratings` for them and want them in a color of their own. */
export type Version = "v1" | "v2" | "v3";

/** What `GET /reviews/ID` answers. */
export interface Reviews {
  readonly id: string;
  /** Which version answered, such as `reviews-v2`. */
  readonly from: string;
  readonly color?: "black" | "red";
  /** Why there are no stars where there should be some. */
  readonly problem?: string;
  readonly reviews: readonly Review[];
}

/** One review. */
export interface Review {
  readonly reviewer: string;
  readonly text: string;
  /** 1 to 5. */
  readonly stars?: number;
}

const REVIEWS: readonly Review[] = [
  { reviewer: "Adriana", text: "Two pairs of twins, one town, a single day: everybody meets the wrong one. I laughed out loud." },
  { reviewer: "Luciana", text: "Short, fast, and kinder than it seems. The chain of gold alone is worth the evening." },
];

/** What readers say of the book. */
export function startReviews(version: Version, port: number, gateway: number): Promise<Service> {
  return serve(`reviews-${version}`, port, async ({ url, headers }) => {
    const id = /^\/reviews\/(\d+)$/.exec(url.pathname)?.[1];
    if (id === undefined) return { status: 404, json: { error: "wanted /reviews/ID" } };
    const plain: Reviews = { id, from: `reviews-${version}`, reviews: REVIEWS };
    if (version === "v1") return { json: plain };
    const result = await call(gateway, "ratings", `/ratings/${id}`, headers);
    if (!result.ok) return { json: { ...plain, problem: result.problem } satisfies Reviews };
    const { ratings } = result.value as Ratings;
    const json: Reviews = {
      ...plain,
      color: version === "v2" ? "black" : "red",
      reviews: REVIEWS.map((review) => ({ ...review, stars: ratings[review.reviewer] })),
    };
    return { json };
  });
}
