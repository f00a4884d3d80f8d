import { expect, it } from "vitest";
import { startService } from "./service.ts";

it("answers with its name and what it was asked", async () => {
  const service = await startService("blue", 0);
  try {
    const response = await fetch(`http://127.0.0.1:${service.port}/a?b=1`, {
      headers: { "x-test": "yes" },
      method: "POST",
      body: "hi",
    });
    expect(response.headers.get("x-service")).toBe("blue");
    expect(await response.json()).toMatchObject({
      service: "blue",
      method: "POST",
      path: "/a?b=1",
      headers: { "x-test": "yes" },
    });
  } finally {
    await service.close();
  }
});
