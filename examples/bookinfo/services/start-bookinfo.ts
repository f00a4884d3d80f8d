import { startDetails } from "./details.ts";
import { startProductpage } from "./productpage.ts";
import { startRatings } from "./ratings.ts";
import { startReviews } from "./reviews.ts";
import type { Service } from "./serve.ts";

/** Running services. */
export interface Bookinfo {
  readonly services: readonly Service[];
  close(): Promise<void>;
}

/** The port on which the gateway takes the services' calls of each other; the services themselves are on the six that follow. */
export const FIRST_PORT = 9080;

/**
 * Starts the six services on 127.0.0.1. When one can't start, none is left running.
 * @param first the gateway's inner port, which is not listened on here: productpage is on first + 1, then details, ratings, reviews v1, v2, v3.
 */
export async function startBookinfo(first: number = FIRST_PORT): Promise<Bookinfo> {
  const services: Service[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.close()));
  };
  try {
    services.push(await startProductpage(first + 1, first));
    services.push(await startDetails(first + 2));
    services.push(await startRatings(first + 3));
    services.push(await startReviews("v1", first + 4, first));
    services.push(await startReviews("v2", first + 5, first));
    services.push(await startReviews("v3", first + 6, first));
  } catch (error) {
    await close();
    throw error;
  }
  return { services, close };
}
